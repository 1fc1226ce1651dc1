// Every word that a customer reads, side by side in the languages that we
// speak. A language more is a column more.

const LANGUAGES = ['en', 'de', 'fr', 'es', 'nl'] as const;

type Row = readonly [en: string, de: string, fr: string, es: string, nl: string];

const TABLE = {
  help: ['Get help', 'Hilfe', 'Aide', 'Ayuda', 'Hulp'],
  sharing: ['Sharing', 'Wird geteilt', 'Partage en cours', 'Compartiendo', 'Wordt gedeeld'],
  close: ['Close', 'Schließen', 'Fermer', 'Cerrar', 'Sluiten'],
  start: ['Start sharing this page', 'Diese Seite teilen', 'Partager cette page', 'Compartir esta página', 'Deze pagina delen'],
  cancel: ['Cancel', 'Abbrechen', 'Annuler', 'Cancelar', 'Annuleren'],
  stop: ['Stop sharing', 'Teilen beenden', 'Arrêter le partage', 'Dejar de compartir', 'Stoppen met delen'],
  retry: ['Try again', 'Erneut versuchen', 'Réessayer', 'Reintentar', 'Opnieuw proberen'],

  idleTitle: ['Share this page with us', 'Diese Seite mit uns teilen', 'Partager cette page avec nous', 'Comparta esta página con nosotros', 'Deel deze pagina met ons'],
  idle: [
    'Our agent sees this website as you do and can guide you. Nothing else on your device is shared. You can stop at any time.',
    'Unser Berater sieht diese Website so wie Sie und kann Ihnen helfen. Sonst wird nichts von Ihrem Gerät geteilt. Sie können jederzeit aufhören.',
    'Notre conseiller voit ce site comme vous et peut vous guider. Rien d’autre sur votre appareil n’est partagé. Vous pouvez arrêter à tout moment.',
    'Nuestro agente ve este sitio como usted y puede guiarle. No se comparte nada más de su dispositivo. Puede parar cuando quiera.',
    'Onze medewerker ziet deze website zoals u en kan u helpen. Verder wordt er niets van uw apparaat gedeeld. U kunt altijd stoppen.',
  ],
  startingTitle: ['Connecting…', 'Verbinden…', 'Connexion…', 'Conectando…', 'Verbinden…'],
  pinTitle: ['Your PIN', 'Ihre PIN', 'Votre code PIN', 'Su PIN', 'Uw pincode'],
  pin: [
    'Tell our agent this PIN. Sharing begins when the agent enters it.',
    'Nennen Sie unserem Berater diese PIN. Das Teilen beginnt, wenn er sie eingibt.',
    'Donnez ce code à notre conseiller. Le partage commence quand il le saisit.',
    'Diga este PIN a nuestro agente. Se empieza a compartir cuando lo introduce.',
    'Geef deze pincode aan onze medewerker. Het delen begint als die hem invoert.',
  ],
  liveTitle: ['You are sharing this website', 'Sie teilen diese Website', 'Vous partagez ce site', 'Está compartiendo este sitio', 'U deelt deze website'],
  live: ['Your session goes on.', 'Ihre Sitzung läuft.', 'Votre session est en cours.', 'Su sesión continúa.', 'Uw sessie loopt.'],
  joined: ['Our agent is here.', 'Unser Berater ist da.', 'Notre conseiller est là.', 'Nuestro agente está aquí.', 'Onze medewerker is er.'],
  left: ['An agent has left.', 'Ein Berater ist gegangen.', 'Un conseiller est parti.', 'Un agente ha salido.', 'Een medewerker is weg.'],
  againTitle: ['Reconnecting…', 'Wieder verbinden…', 'Reconnexion…', 'Reconectando…', 'Opnieuw verbinden…'],
  endedTitle: ['Sharing has stopped', 'Teilen beendet', 'Partage terminé', 'Ya no se comparte', 'Delen is gestopt'],
  ended: ['Nobody sees this page any more.', 'Niemand sieht diese Seite mehr.', 'Plus personne ne voit cette page.', 'Nadie ve ya esta página.', 'Niemand ziet deze pagina nog.'],

  failedTitle: ['That did not work', 'Das hat nicht geklappt', 'Cela n’a pas fonctionné', 'No ha funcionado', 'Dat is niet gelukt'],
  blocked: [
    'The help service cannot be reached. A filter or a browser extension may be blocking it.',
    'Der Hilfedienst ist nicht erreichbar. Vielleicht blockiert ihn ein Filter oder eine Browser-Erweiterung.',
    'Le service d’aide est injoignable. Un filtre ou une extension du navigateur le bloque peut-être.',
    'El servicio de ayuda no responde. Puede que lo bloquee un filtro o una extensión del navegador.',
    'De hulpdienst is niet bereikbaar. Misschien blokkeert een filter of een browserextensie hem.',
  ],
  network: [
    'The connection was lost. Are you online?',
    'Die Verbindung ist abgerissen. Sind Sie online?',
    'La connexion est perdue. Êtes-vous en ligne ?',
    'Se ha perdido la conexión. ¿Está en línea?',
    'De verbinding is verbroken. Bent u online?',
  ],
  refused: ['Sharing is not allowed here.', 'Teilen ist hier nicht erlaubt.', 'Le partage n’est pas autorisé ici.', 'Aquí no está permitido compartir.', 'Delen is hier niet toegestaan.'],
  many: [
    'Too many attempts. Please wait a minute.',
    'Zu viele Versuche. Bitte warten Sie eine Minute.',
    'Trop de tentatives. Veuillez attendre une minute.',
    'Demasiados intentos. Espere un minuto.',
    'Te veel pogingen. Wacht een minuut.',
  ],
  unavailable: [
    'Sharing is not available at the moment.',
    'Teilen ist gerade nicht möglich.',
    'Le partage n’est pas disponible en ce moment.',
    'Ahora no es posible compartir.',
    'Delen is op dit moment niet mogelijk.',
  ],
  rejected: [
    'The help service did not accept the session.',
    'Der Hilfedienst hat die Sitzung nicht angenommen.',
    'Le service d’aide n’a pas accepté la session.',
    'El servicio de ayuda no ha aceptado la sesión.',
    'De hulpdienst heeft de sessie niet geaccepteerd.',
  ],
  busy: [
    'A session is just being started or stopped.',
    'Gerade wird eine Sitzung begonnen oder beendet.',
    'Une session est en train de démarrer ou de s’arrêter.',
    'Se está iniciando o terminando una sesión.',
    'Er wordt net een sessie gestart of gestopt.',
  ],
  twice: [
    'You are sharing already, in another tab or window.',
    'Sie teilen bereits in einem anderen Tab oder Fenster.',
    'Vous partagez déjà dans un autre onglet ou une autre fenêtre.',
    'Ya está compartiendo en otra pestaña o ventana.',
    'U deelt al in een ander tabblad of venster.',
  ],
  full: ['The session is full.', 'Die Sitzung ist voll.', 'La session est complète.', 'La sesión está completa.', 'De sessie is vol.'],
  unknown: ['Something went wrong.', 'Etwas ist schiefgegangen.', 'Une erreur s’est produite.', 'Algo ha ido mal.', 'Er is iets misgegaan.'],
} satisfies Record<string, Row>;

export type Text = keyof typeof TABLE;

/** The language of the page if we speak it, else one of the customer's, else English. */
export function choose(): { language: string; say: (text: Text) => string } {
  const wanted = [document.documentElement.lang, ...navigator.languages].map((tag) => tag.toLowerCase().split('-')[0]);
  const language = LANGUAGES.find((l) => l === wanted.find((w) => LANGUAGES.some((known) => known === w))) ?? 'en';
  return { language, say: (text) => TABLE[text][LANGUAGES.indexOf(language)]! };
}

/** The PIN in groups of three or four: 482 913, ABCD EFGH. */
export function groups(pin: string): string[] {
  const size = pin.length > 4 && pin.length % 4 ? 3 : 4;
  return pin.match(new RegExp(`.{1,${size}}`, 'g')) ?? [];
}

/** The PIN as a screen reader should say it: one by one, with pauses. */
export const spoken = (pin: string): string => groups(pin).map((g) => [...g].join(' ')).join(', ');
