// Every word that a customer reads: a language is a list of texts, one a line, in
// the order of Text. A language more is a list more.
//
// As lists they take 200 bytes less of the widget, gzipped, than as a
// table by names; a test counts their lines.

/** The texts. The first ones are the titles of the phases, see session.ts. */
export const enum Text {
  idleTitle,
  startingTitle,
  pinTitle,
  liveTitle,
  againTitle,
  endedTitle,
  failedTitle,
  help,
  sharing,
  close,
  start,
  cancel,
  stop,
  retry,
  video,
  idle,
  pin,
  joined,
  left,
  ended,
  blocked,
  network,
  refused,
  many,
  unavailable,
  rejected,
  busy,
  twice,
  full,
  unknown,
}

const EN = `Share this page with us
Connecting…
Your PIN
You are sharing this website
Reconnecting…
Sharing has stopped
That did not work
Get help
Sharing
Close
Start sharing
Cancel
Stop sharing
Try again
Continue by video
Our agent sees this website as you do and can guide you. Nothing else is shared. You can stop at any time.
Tell our agent this PIN. Sharing begins when the agent enters it.
Our agent is here.
An agent has left.
Nobody sees this page any more.
The help service cannot be reached. A filter or a browser extension may be blocking it.
The connection was lost. Are you online?
Sharing is not allowed here.
Too many attempts. Please wait a minute.
Sharing is not available at the moment.
The help service did not accept the session.
A session is just being started or stopped.
You are sharing already, in another tab.
The session is full.
Something went wrong.`;

const DE = `Diese Seite mit uns teilen
Verbinden…
Ihre PIN
Sie teilen diese Website
Wieder verbinden…
Teilen beendet
Das hat nicht geklappt
Hilfe
Wird geteilt
Schließen
Diese Seite teilen
Abbrechen
Teilen beenden
Erneut versuchen
Per Video fortsetzen
Unser Berater sieht diese Website wie Sie und kann helfen. Sonst wird nichts geteilt. Sie können jederzeit aufhören.
Nennen Sie sie unserem Berater. Das Teilen beginnt, wenn er sie eingibt.
Unser Berater ist da.
Ein Berater ist weg.
Niemand sieht diese Seite mehr.
Der Hilfedienst ist nicht erreichbar. Vielleicht blockiert ihn ein Filter oder eine Erweiterung.
Die Verbindung ist weg. Sind Sie online?
Teilen ist hier nicht erlaubt.
Zu viele Versuche. Warten Sie eine Minute.
Teilen ist gerade nicht möglich.
Der Hilfedienst lehnt die Sitzung ab.
Gerade beginnt oder endet eine Sitzung.
Sie teilen schon in einem anderen Tab.
Die Sitzung ist voll.
Etwas ist schiefgegangen.`;

const FR = `Partager cette page avec nous
Connexion…
Votre code PIN
Vous partagez ce site
Reconnexion…
Partage terminé
Cela n’a pas fonctionné
Aide
Partage en cours
Fermer
Partager cette page
Annuler
Arrêter le partage
Réessayer
Continuer en vidéo
Notre conseiller voit ce site comme vous et peut vous guider. Rien d’autre n’est partagé. Vous pouvez arrêter à tout moment.
Donnez-le à notre conseiller. Le partage commence quand il le saisit.
Notre conseiller est là.
Un conseiller est parti.
Plus personne ne voit cette page.
Le service d’aide est injoignable. Un filtre ou une extension le bloque peut-être.
La connexion est perdue. Êtes-vous en ligne ?
Le partage n’est pas autorisé ici.
Trop de tentatives. Attendez une minute.
Le partage n’est pas disponible.
Le service d’aide a refusé la session.
Une session démarre ou s’arrête.
Vous partagez déjà dans un autre onglet.
La session est complète.
Une erreur s’est produite.`;

const ES = `Comparta esta página con nosotros
Conectando…
Su PIN
Está compartiendo este sitio
Reconectando…
Ya no se comparte
No ha funcionado
Ayuda
Compartiendo
Cerrar
Compartir esta página
Cancelar
Dejar de compartir
Reintentar
Continuar por vídeo
Nuestro agente ve este sitio como usted y puede guiarle. No se comparte nada más. Puede parar cuando quiera.
Diga este PIN a nuestro agente. Se comparte cuando lo introduce.
Nuestro agente está aquí.
Un agente ha salido.
Nadie ve ya esta página.
El servicio de ayuda no responde. Puede que lo bloquee un filtro o una extensión.
Se ha perdido la conexión. ¿Está en línea?
Aquí no está permitido compartir.
Demasiados intentos. Espere un minuto.
Ahora no es posible compartir.
El servicio de ayuda no ha aceptado la sesión.
Una sesión empieza o termina.
Ya está compartiendo en otra pestaña.
La sesión está completa.
Algo ha ido mal.`;

const NL = `Deel deze pagina met ons
Verbinden…
Uw pincode
U deelt deze website
Opnieuw verbinden…
Delen is gestopt
Dat is niet gelukt
Hulp
Wordt gedeeld
Sluiten
Deze pagina delen
Annuleren
Stoppen met delen
Opnieuw proberen
Doorgaan met video
Onze medewerker ziet deze website zoals u en kan u helpen. Verder wordt niets gedeeld. U kunt altijd stoppen.
Geef hem aan onze medewerker. Het delen begint als die hem invoert.
Onze medewerker is er.
Een medewerker is weg.
Niemand ziet deze pagina nog.
De hulpdienst is niet bereikbaar. Misschien blokkeert een filter of extensie hem.
De verbinding is weg. Bent u online?
Delen is hier niet toegestaan.
Te veel pogingen. Wacht een minuut.
Delen is nu niet mogelijk.
De hulpdienst accepteert de sessie niet.
Er wordt net een sessie gestart of gestopt.
U deelt al in een ander tabblad.
De sessie is vol.
Er is iets misgegaan.`;

/** Nothing is inherited, because a page may say that its language is "constructor". */
const LANGUAGES: Record<string, string> = { __proto__: null as never, en: EN, de: DE, fr: FR, es: ES, nl: NL };

/** The language of the page if we speak it, else one of the customer's, else English. */
export function choose(): { language: string; say: (text: Text) => string } {
  const wanted = [document.documentElement.lang, ...navigator.languages, 'en'].map((tag) => tag.toLowerCase().split('-')[0]!);
  const language = wanted.find((w) => w in LANGUAGES)!;
  const texts = LANGUAGES[language]!.split('\n');
  return { language, say: (text) => texts[text]! };
}

/** The PIN in groups of three or four: 482 913, ABCD EFGH. */
export const groups = (pin: string): string[] => pin.match(pin.length > 4 && pin.length % 4 ? /.{1,3}/g : /.{1,4}/g) ?? [];

/** The PIN as a screen reader should say it: one by one, with pauses. */
export const spoken = (pin: string): string => groups(pin).map((g) => [...g].join(' ')).join(', ');
