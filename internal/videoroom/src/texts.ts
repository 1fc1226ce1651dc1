// Every word that people read in the room. The customer's language is the
// browser's, as far as we speak it; a language more is a table more.

/** A title, and what it means. */
export type Words = [title: string, text: string];

interface Texts {
  waiting: Words;
  unanswered: Words;
  loading: Words;
  slow: Words;
  blocked: Words;
  asking: Words;
  refused: Words;
  joining: Words;
  failed: Words;
  ended: Words;
  nowhere: Words;
  /** The title of the tab in the call. */
  call: string;
  again: string;
  retry: string;
  without: string;
}

const EN: Texts = {
  waiting: ['One moment…', 'The page that you came from is letting you in. Please keep it open.'],
  unanswered: [
    'Nobody has answered yet',
    'Keep the page that you came from open. If your session there has ended, or the offer has been taken back, you can close this tab.',
  ],
  loading: ['One moment…', 'The video call is being loaded from Zoom.'],
  slow: ['This takes longer than usual', 'The video call is still being loaded. Your connection may be slow.'],
  blocked: ['The video call cannot be loaded', 'Zoom cannot be reached. A filter or a browser extension may be blocking it.'],
  asking: ['Camera and microphone', 'Your browser asks whether this page may use them. You turn them on yourself, in the call.'],
  refused: [
    'No camera or microphone',
    'Your browser does not let this page use them, or there are none. You can join nevertheless: you will see and hear the others.',
  ],
  joining: ['Joining the call…', 'This takes a few seconds.'],
  failed: ['Joining did not work', 'The call could not be reached. Please try again.'],
  ended: ['The call has ended', 'You can close this tab. If you have left by mistake, you can go back in.'],
  nowhere: ['There is no call here', 'Open the video call with the button “Continue by video”, on the page where your session is.'],
  call: 'Video call',
  again: 'Join again',
  retry: 'Try again',
  without: 'Join without them',
};

const DE: Texts = {
  waiting: ['Einen Moment…', 'Die Seite, von der Sie kommen, lässt Sie gerade ein. Bitte lassen Sie sie offen.'],
  unanswered: [
    'Noch antwortet niemand',
    'Lassen Sie die Seite offen, von der Sie kommen. Ist Ihre Sitzung dort beendet oder das Angebot zurückgenommen, können Sie diesen Tab schließen.',
  ],
  loading: ['Einen Moment…', 'Das Videogespräch wird von Zoom geladen.'],
  slow: ['Das dauert länger als sonst', 'Das Videogespräch wird noch geladen. Vielleicht ist Ihre Verbindung langsam.'],
  blocked: ['Das Videogespräch lässt sich nicht laden', 'Zoom ist nicht erreichbar. Vielleicht blockiert es ein Filter oder eine Erweiterung.'],
  asking: ['Kamera und Mikrofon', 'Ihr Browser fragt, ob diese Seite sie benutzen darf. Einschalten können nur Sie sie, im Gespräch.'],
  refused: [
    'Keine Kamera oder kein Mikrofon',
    'Ihr Browser gibt sie dieser Seite nicht frei, oder es gibt keine. Sie können trotzdem teilnehmen: Sie sehen und hören die anderen.',
  ],
  joining: ['Sie treten bei…', 'Das dauert ein paar Sekunden.'],
  failed: ['Das hat nicht geklappt', 'Das Gespräch war nicht erreichbar. Bitte versuchen Sie es noch einmal.'],
  ended: ['Das Gespräch ist beendet', 'Sie können diesen Tab schließen. Haben Sie es versehentlich verlassen, können Sie zurückkehren.'],
  nowhere: ['Hier ist kein Gespräch', 'Öffnen Sie es mit der Schaltfläche „Per Video fortsetzen“ auf der Seite, auf der Ihre Sitzung läuft.'],
  call: 'Videogespräch',
  again: 'Noch einmal beitreten',
  retry: 'Erneut versuchen',
  without: 'Ohne sie teilnehmen',
};

const FR: Texts = {
  waiting: ['Un instant…', 'La page d’où vous venez vous fait entrer. Gardez-la ouverte.'],
  unanswered: [
    'Personne n’a encore répondu',
    'Gardez ouverte la page d’où vous venez. Si votre session y est terminée, ou si l’offre a été retirée, vous pouvez fermer cet onglet.',
  ],
  loading: ['Un instant…', 'L’appel vidéo se charge depuis Zoom.'],
  slow: ['C’est plus long que d’habitude', 'L’appel vidéo se charge encore. Votre connexion est peut-être lente.'],
  blocked: ['L’appel vidéo ne se charge pas', 'Zoom est injoignable. Un filtre ou une extension le bloque peut-être.'],
  asking: ['Caméra et micro', 'Votre navigateur demande si cette page peut les utiliser. C’est vous qui les activez, pendant l’appel.'],
  refused: [
    'Pas de caméra ou de micro',
    'Votre navigateur ne les laisse pas à cette page, ou il n’y en a pas. Vous pouvez participer quand même : vous verrez et entendrez les autres.',
  ],
  joining: ['Vous rejoignez l’appel…', 'Cela prend quelques secondes.'],
  failed: ['Cela n’a pas fonctionné', 'L’appel n’a pas pu être rejoint. Veuillez réessayer.'],
  ended: ['L’appel est terminé', 'Vous pouvez fermer cet onglet. Si vous êtes sorti par erreur, vous pouvez revenir.'],
  nowhere: ['Il n’y a pas d’appel ici', 'Ouvrez-le avec le bouton « Continuer en vidéo », sur la page de votre session.'],
  call: 'Appel vidéo',
  again: 'Rejoindre à nouveau',
  retry: 'Réessayer',
  without: 'Participer sans',
};

const ES: Texts = {
  waiting: ['Un momento…', 'La página de la que viene le está dando paso. Manténgala abierta.'],
  unanswered: [
    'Aún no ha respondido nadie',
    'Mantenga abierta la página de la que viene. Si su sesión allí ha terminado, o se ha retirado la oferta, puede cerrar esta pestaña.',
  ],
  loading: ['Un momento…', 'La videollamada se está cargando desde Zoom.'],
  slow: ['Tarda más de lo habitual', 'La videollamada aún se está cargando. Puede que su conexión sea lenta.'],
  blocked: ['No se puede cargar la videollamada', 'Zoom no responde. Puede que lo bloquee un filtro o una extensión.'],
  asking: ['Cámara y micrófono', 'Su navegador pregunta si esta página puede usarlos. Los activa usted, en la llamada.'],
  refused: [
    'Sin cámara o micrófono',
    'Su navegador no permite que esta página los use, o no los hay. Puede participar igualmente: verá y oirá a los demás.',
  ],
  joining: ['Entrando en la llamada…', 'Tarda unos segundos.'],
  failed: ['No ha funcionado', 'No se ha podido entrar en la llamada. Inténtelo de nuevo.'],
  ended: ['La llamada ha terminado', 'Puede cerrar esta pestaña. Si ha salido por error, puede volver a entrar.'],
  nowhere: ['Aquí no hay ninguna llamada', 'Ábrala con el botón «Continuar por vídeo», en la página de su sesión.'],
  call: 'Videollamada',
  again: 'Volver a entrar',
  retry: 'Reintentar',
  without: 'Participar sin ellos',
};

const NL: Texts = {
  waiting: ['Een moment…', 'De pagina waar u vandaan komt laat u binnen. Houd die open.'],
  unanswered: [
    'Er heeft nog niemand geantwoord',
    'Houd de pagina open waar u vandaan komt. Is uw sessie daar beëindigd of het aanbod ingetrokken, dan kunt u dit tabblad sluiten.',
  ],
  loading: ['Een moment…', 'Het videogesprek wordt van Zoom geladen.'],
  slow: ['Dit duurt langer dan anders', 'Het videogesprek wordt nog geladen. Misschien is uw verbinding traag.'],
  blocked: ['Het videogesprek kan niet laden', 'Zoom is niet bereikbaar. Misschien blokkeert een filter of extensie het.'],
  asking: ['Camera en microfoon', 'Uw browser vraagt of deze pagina ze mag gebruiken. U zet ze zelf aan, in het gesprek.'],
  refused: [
    'Geen camera of microfoon',
    'Uw browser staat deze pagina ze niet toe, of ze zijn er niet. U kunt toch deelnemen: u ziet en hoort de anderen.',
  ],
  joining: ['U neemt deel…', 'Dit duurt een paar seconden.'],
  failed: ['Dat is niet gelukt', 'Het gesprek was niet bereikbaar. Probeer het opnieuw.'],
  ended: ['Het gesprek is afgelopen', 'U kunt dit tabblad sluiten. Bent u er per ongeluk uitgegaan, dan kunt u terug.'],
  nowhere: ['Hier is geen gesprek', 'Open het met de knop „Doorgaan met video”, op de pagina van uw sessie.'],
  call: 'Videogesprek',
  again: 'Opnieuw deelnemen',
  retry: 'Opnieuw proberen',
  without: 'Zonder deelnemen',
};

const LANGUAGES = new Map([['en', EN], ['de', DE], ['fr', FR], ['es', ES], ['nl', NL]]);

/** The first of the browser's languages that we speak, else English. */
export function choose(): { language: string; words: Texts } {
  const wanted = navigator.languages.map((tag) => tag.toLowerCase().split('-')[0]!);
  const language = wanted.find((w) => LANGUAGES.has(w)) ?? 'en';
  return { language, words: LANGUAGES.get(language)! };
}
