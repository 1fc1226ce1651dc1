"use strict";(()=>{var I="cobrowse-help";var Q=`:host{all:initial!important;display:block!important;position:fixed!important;z-index:2147483647!important;pointer-events:none!important;color-scheme:light!important}@media print{:host{display:none!important}}.root{display:flex;gap:14px;direction:ltr;font:16px/1.5 system-ui,sans-serif;color:#111}*{box-sizing:border-box}[hidden]{display:none!important}h2,p,button{margin:0;unicode-bidi:plaintext}.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}button{min-height:46px;padding:10px 18px;border:1px solid #8a93a1;border-radius:10px;background:#fff;color:inherit;font:inherit;font-weight:600;cursor:pointer;pointer-events:auto}button:hover{background:#eef1f5}:focus-visible{outline:3px solid #111;outline-offset:2px;box-shadow:0 0 0 7px #fff}svg{width:22px;fill:none;stroke:currentColor;stroke-width:2}.help,.main,.help:hover,.main:hover{border-color:var(--edge);background:var(--color);color:var(--ink)}.help{display:flex;align-items:center;gap:14px;max-width:calc(100vw - 40px);border-radius:24px}.help,section{box-shadow:0 8px 32px #0000004d}.main:hover,.help:hover{text-decoration:underline}.help.live svg{display:none}.help.live:before{content:"";width:14px;height:14px;border-radius:50%;background:#b01818;border:2px solid #fff}.stop{border-color:#b01818;color:#b01818}section{width:352px;max-width:calc(100vw - 40px);max-height:calc(100vh - 114px);overflow:auto;border:1px solid #8a93a1;border-radius:14px;background:#fff;pointer-events:auto;animation:rise .2s}@keyframes rise{0%{opacity:0}}header{display:flex;padding:14px 14px 6px;padding-inline-start:22px}h2{flex:1;align-self:center;font-size:18px;line-height:1.2}.close{min-height:36px;padding:6px;border:0;line-height:0}.content{display:grid;gap:14px;padding:0 22px 22px}.failed{padding-inline-start:12px;border-inline-start:4px solid #b01818}.pin{padding:14px 0;border-radius:10px;background:#eef1f5}.digits{display:flex;flex-wrap:wrap;justify-content:center;gap:0 .45em;font:700 40px/1.2 system-ui,sans-serif;letter-spacing:.06em}.busy{height:4px;background:#eef1f5;overflow:hidden}.busy:before{content:"";display:block;width:40%;height:4px;background:#111;animation:slide 1.4s infinite alternate}@keyframes slide{to{margin-inline-start:60%}}@media(prefers-reduced-motion){*,:before{animation:none!important}}@media(forced-colors:active){.pin,.close{border:1px solid}:before{forced-color-adjust:none}}
`;var be=3;function X({style:e}){let n,i=!1,t,a=be;class f extends HTMLElement{constructor(){super(),n=this.attachShadow({mode:"closed"})}disconnectedCallback(){setTimeout(y)}}customElements.define(I,f);let c=document.createElement(I),g=new CSSStyleSheet;g.replaceSync(Q+e),n.adoptedStyleSheets=[g];function y(){if(!i||c.isConnected)return;let l=document.body;if(!l)return we(y);l===t&&a--<=0||(t=l,l.append(c))}return{element:c,root:n,show:l=>{i=l,l?y():c.remove()}}}function we(e){let n=new MutationObserver(()=>{document.body&&(n.disconnect(),e())});n.observe(document,{childList:!0,subtree:!0})}function v(e,n={},...i){let t=document.createElement(e);for(let a in n)t.setAttribute(a,n[a]);return t.append(...i),t}function Z(e,n,...i){let t=v("button",{class:e},...i);return t.onclick=n,t}function F(e){let n="http://www.w3.org/2000/svg",i=document.createElementNS(n,"svg"),t=document.createElementNS(n,"path");return i.setAttribute("viewBox","0 0 24 24"),i.setAttribute("aria-hidden","true"),t.setAttribute("d",e),i.append(t),i}var ve=`Share this page with us
Connecting\u2026
Your PIN
You are sharing this website
Reconnecting\u2026
Sharing has stopped
That did not work
Get help
Sharing
Close
Start sharing this page
Cancel
Stop sharing
Try again
Our agent sees this website as you do and can guide you. Nothing else is shared. You can stop at any time.
Tell our agent this PIN. Sharing begins when the agent enters it.
Your session goes on.
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
You are sharing already, in another tab or window.
The session is full.
Something went wrong.`,ye=`Diese Seite mit uns teilen
Verbinden\u2026
Ihre PIN
Sie teilen diese Website
Wieder verbinden\u2026
Teilen beendet
Das hat nicht geklappt
Hilfe
Wird geteilt
Schlie\xDFen
Diese Seite teilen
Abbrechen
Teilen beenden
Erneut versuchen
Unser Berater sieht diese Website wie Sie und kann Ihnen helfen. Sonst wird nichts geteilt. Sie k\xF6nnen jederzeit aufh\xF6ren.
Nennen Sie sie unserem Berater. Das Teilen beginnt, wenn er sie eingibt.
Ihre Sitzung l\xE4uft.
Unser Berater ist da.
Ein Berater ist weg.
Niemand sieht diese Seite mehr.
Der Hilfedienst ist nicht erreichbar. Vielleicht blockiert ihn ein Filter oder eine Erweiterung.
Die Verbindung ist weg. Sind Sie online?
Teilen ist hier nicht erlaubt.
Zu viele Versuche. Warten Sie eine Minute.
Teilen ist gerade nicht m\xF6glich.
Der Hilfedienst lehnt die Sitzung ab.
Gerade beginnt oder endet eine Sitzung.
Sie teilen schon in einem anderen Tab oder Fenster.
Die Sitzung ist voll.
Etwas ist schiefgegangen.`,Se=`Partager cette page avec nous
Connexion\u2026
Votre code PIN
Vous partagez ce site
Reconnexion\u2026
Partage termin\xE9
Cela n\u2019a pas fonctionn\xE9
Aide
Partage en cours
Fermer
Partager cette page
Annuler
Arr\xEAter le partage
R\xE9essayer
Notre conseiller voit ce site comme vous et peut vous guider. Rien d\u2019autre n\u2019est partag\xE9. Vous pouvez arr\xEAter \xE0 tout moment.
Donnez-le \xE0 notre conseiller. Le partage commence quand il le saisit.
Votre session continue.
Notre conseiller est l\xE0.
Un conseiller est parti.
Plus personne ne voit cette page.
Le service d\u2019aide est injoignable. Un filtre ou une extension le bloque peut-\xEAtre.
La connexion est perdue. \xCAtes-vous en ligne ?
Le partage n\u2019est pas autoris\xE9 ici.
Trop de tentatives. Attendez une minute.
Le partage n\u2019est pas disponible.
Le service d\u2019aide a refus\xE9 la session.
Une session d\xE9marre ou s\u2019arr\xEAte.
Vous partagez d\xE9j\xE0 dans un autre onglet ou une autre fen\xEAtre.
La session est compl\xE8te.
Une erreur s\u2019est produite.`,ke=`Comparta esta p\xE1gina con nosotros
Conectando\u2026
Su PIN
Est\xE1 compartiendo este sitio
Reconectando\u2026
Ya no se comparte
No ha funcionado
Ayuda
Compartiendo
Cerrar
Compartir esta p\xE1gina
Cancelar
Dejar de compartir
Reintentar
Nuestro agente ve este sitio como usted y puede guiarle. No se comparte nada m\xE1s. Puede parar cuando quiera.
Diga este PIN a nuestro agente. Se comparte cuando lo introduce.
Su sesi\xF3n contin\xFAa.
Nuestro agente est\xE1 aqu\xED.
Un agente ha salido.
Nadie ve ya esta p\xE1gina.
El servicio de ayuda no responde. Puede que lo bloquee un filtro o una extensi\xF3n.
Se ha perdido la conexi\xF3n. \xBFEst\xE1 en l\xEDnea?
Aqu\xED no est\xE1 permitido compartir.
Demasiados intentos. Espere un minuto.
Ahora no es posible compartir.
El servicio de ayuda no ha aceptado la sesi\xF3n.
Una sesi\xF3n empieza o termina.
Ya est\xE1 compartiendo en otra pesta\xF1a o ventana.
La sesi\xF3n est\xE1 completa.
Algo ha ido mal.`,Ee=`Deel deze pagina met ons
Verbinden\u2026
Uw pincode
U deelt deze website
Opnieuw verbinden\u2026
Delen is gestopt
Dat is niet gelukt
Hulp
Wordt gedeeld
Sluiten
Deze pagina delen
Annuleren
Stoppen met delen
Opnieuw proberen
Onze medewerker ziet deze website zoals u en kan u helpen. Verder wordt niets gedeeld. U kunt altijd stoppen.
Geef hem aan onze medewerker. Het delen begint als die hem invoert.
Uw sessie loopt.
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
U deelt al in een ander tabblad of venster.
De sessie is vol.
Er is iets misgegaan.`,ee={__proto__:null,en:ve,de:ye,fr:Se,es:ke,nl:Ee};function ne(){let n=[document.documentElement.lang,...navigator.languages,"en"].map(t=>t.toLowerCase().split("-")[0]).find(t=>t in ee),i=ee[n].split(`
`);return{language:n,say:t=>i[t]}}function B(e){let n=e.length>4&&e.length%4?3:4;return e.match(new RegExp(`.{1,${n}}`,"g"))??[]}var G=e=>B(e).map(n=>[...n].join(" ")).join(", ");var L=class{constructor(n,i=""){Object.assign(this,{cause:n,code:i})}},xe={1001:25,1002:26,1004:27,1006:25,1008:25,1009:25,1010:25,1011:25,1012:28,1013:28,1015:27,1016:21,1017:26,2001:25};function T(e){let{code:n,errorCode:i,error:t}=Object(e),a=n??i??(t?T(t):e);return/^\w{1,12}$/.exec(String(a))?.[0]??""}function te(e){if(e instanceof L)return e;let n=T(e);return new L(xe[n]??29,n)}var $=e=>new L(e===401||e===403?22:e===429?23:24,String(e)),N=e=>new L(navigator.onLine?e:21);var Re=2e4,ie=500,Pe=3e4,se=(e,n)=>fetch(e,{method:"POST",headers:{"Content-Type":"application/json"},body:JSON.stringify(n),mode:"same-origin",redirect:"error",keepalive:!0,signal:AbortSignal.timeout?.(Re)});async function re(e){let n=location.pathname,i=await se(e+"sessions",{page:n}).catch(()=>{throw N(24)}),{id:t,ticket:a,heartbeat:f,pin:c,sdkToken:g}=await i.json().catch(()=>({}));if(!g)throw $(i.status);return[{id:t,ticket:a,heartbeat:f,pin:c,page:n},g]}var oe=(e,n)=>e.filter(({event:i})=>n.event==="session_ended"?i==="session_error":i!==n.event||i.startsWith("agent")).concat(n);function ae(e,n,i){let t=[],a=!1,f=ie,c=!1;async function g(m){let d=0;try{let h=location.pathname,b=await se(`${e}sessions/${n.id}/events`,{...m,ticket:n.ticket,page:h===n.page?void 0:h}),{status:w}=b;if(w<500&&w!==429){let{state:S}=await b.json();return f=ie,n.page=h,y(m,w,S)}d=Number(b.headers.get("Retry-After"))*1e3}catch{}return f=Math.min(f*2,Pe),d||f*(1+Math.random())}function y(m,d,h){let b=d===410||h==="ended"||h==="expired";(b||d===401)&&(c=!0,t=[]),b&&i(),d===409&&i($(d)),h==="created"&&n.pin&&![m,...t].some(({event:w})=>w==="pincode_updated")&&(n.page="",k("pincode_updated",n.pin),n.agent&&k("agent_joined"))}async function l(){a=!0;for(let m;m=t.shift();){let d=await g(m);d&&(t=t.reduce(oe,[m]),await new Promise(h=>setTimeout(h,d)))}a=!1}function k(m,d,h){c||(c=m==="session_ended",n.pin=d||n.pin,m.startsWith("agent")&&(n.agent=m==="agent_joined"),t=oe(t,{event:m,pin:d,code:h}),a||l())}return addEventListener("pagehide",()=>t.splice(0).forEach(g)),{record:n,report:k}}var de=(e,n)=>e?.find(i=>new RegExp(i.paths,"i").test(Ae(n)))?.piiMask;function Ae(e){try{e=decodeURIComponent(e)}catch{}return e.replace(/\/+/g,"/")}var Ce=3e4;function le(e,n){return new Promise((i,t)=>{setTimeout(()=>t(N(20)),Ce);let a=[Le(n),c=>{let{session:g}=Object(c),y=Y(c);g&&!y?i(g):t(y||c)}],f=window.ZoomCobrowseSDK;f&&f!==U?f.init(...a):_e(e,a,t)})}function Y(e){let{success:n,error:i}=Object(e);return i??(n===!1&&e)}var U={init:(...e)=>{window.ZoomCobrowseSDKInitArgs=e}},q,ce;function _e(e,n,i){if(window.ZoomCobrowseSDK=U,U.init(...n),ce=i,q)return;let t=q=document.createElement("script");t.nonce=e.nonce,t.src=e.sdk,t.onload=t.onerror=()=>{q=void 0,window.ZoomCobrowseSDK===U&&(t.remove(),delete window.ZoomCobrowseSDK,delete window.ZoomCobrowseSDKInitArgs,ce(N(20)))},document.head.append(t)}function Le(e){let n=de(e.masks,location.pathname);return n?{...e.zoom,piiMask:n}:e.zoom}async function J(e){try{return Object(await e.getSessionInfo()).sessionStatus==="session_recoverable"}catch{return!1}}function pe(e){let{pincode:n,pinCode:i,pin:t}=Object(e);return/^[a-z0-9]{1,10}$/i.exec(String(n??i??t??""))?.[0]??""}var De=20,Ne=45e3;function ge(e,n,i){let t={phase:0,pin:"",sharing:!1},a,f,c=0,g=0,y=0,l,k=()=>t.phase===2||t.phase===3,m=()=>t.phase===1||t.phase===4;function d(o){Object.assign(t,o),m()||clearTimeout(g),clearInterval(y),h(),t.sharing&&(y=setInterval(()=>{h(),b("heartbeat")},(l?.record.heartbeat||De)*1e3)),i()}function h(){k()&&e.remember?.(l?.record??{})}function b(o,r,s){l?.report(o,r,s),o==="session_ended"&&(l=void 0)}function w(o){let r=te(o);b("session_error",void 0,r.code),t.sharing||b("session_ended"),d({phase:6,failure:r})}function S(o,r,s){s&&b(s,r?.pin),d({phase:o,sharing:!0,...r})}let D=o=>d({phase:o,pin:"",agent:void 0,sharing:!1});function j(){b("session_ended"),e.remember?.(),D(5)}function H(){c++,j(),O()}function z(o){let r=ae(e.base,o,s=>{r===l&&(H(),s&&w(s))});return r}function O(){try{f?.end()}catch{}f=void 0}async function p(o){let r=++c,s=()=>r===c;try{await o(s)}catch(u){s()&&w(u)}}function E(o){f=o,clearTimeout(g),g=setTimeout(()=>{c++,t.sharing||O(),w(N(20))},Ne)}function A(){D(1),p(async o=>{let r=re(e.base).then(([x,M])=>{let W=z(x);return o()&&t.phase===1?l=W:W.report("session_ended"),{sdkToken:M,customPinCode:x.pin}}),[s,u]=await Promise.all([R(),r]);o()&&(E(s),await s.start(u,x=>{let M=Y(x);o()&&M&&w(M)}))})}function C(o){S(4),b("heartbeat"),p(async r=>{let s=await R(),u=await J(s);r()?u?(E(s),await s.join()):(n.multiTab||e.remember?.(),l=void 0,D(o)):u&&!t.sharing&&s.end()})}function R(){return a??=le(e,n).then(o=>(P(o),o),o=>{throw a=void 0,o}),a}function P(o){let r=(s,u)=>o.on(s,x=>{(t.sharing||t.phase===1)&&u(x,s)});r("pincode_updated",(s,u)=>{let x=pe(s);x&&S(t.phase===3?3:2,{pin:x},u)}),r("session_started",(s,u)=>S(t.phase===4?3:2,{},u)),r("agent_joined",(s,u)=>S(3,{agent:17},u)),r("agent_left",(s,u)=>S(3,{agent:18},u)),r("session_reconnecting",()=>t.sharing&&S(4)),r("session_ended",j),r("session_error",s=>{(!t.sharing||T(s)!=="1002")&&w(s)})}function _(o){o.disposition==="enforce"&&/^(script|connect)-src/.test(o.effectiveDirective)&&m()&&ue(o.blockedURI)===ue(String(e.sdk))&&(c++,w(new L(20)))}return addEventListener("pagehide",h),addEventListener("pageshow",o=>o.persisted&&t.sharing&&C(5)),document.addEventListener("securitypolicyviolation",_),{state:t,begin(){let{mark:o}=e;o?(o.id&&(l=z(o)),C(0)):n.eager&&R().then(J).then(r=>r&&t.phase===0&&C(0)).catch(()=>{})},start:A,retry:()=>t.sharing?C(5):A(),end:H,dismiss(){!t.sharing&&t.phase!==1&&D(0)}}}var ue=e=>e.split("/")[2]?.split(".").slice(-2).join(".");var je="M6 6l12 12M18 6L6 18",Me="M3 5h18v11H3zM8 20h8M12 16v4M12 13V8M9.5 10.5L12 8l2.5 2.5";function fe(e,n,i){let{language:t,say:a}=ne(),f=v("div",{class:"hidden",role:"status"}),c=v("h2",{id:"title",tabindex:"-1"}),g=v("div",{class:"content"}),y=Z("close",j,F(je));y.setAttribute("aria-label",a(9));let l=getComputedStyle(document.documentElement).direction,k=v("section",{dir:l,id:"panel",role:"dialog","aria-labelledby":"title"},v("header",{},c,y),g),m=v("span"),d=Z("help",H,F(Me),m);d.dir=l,d.setAttribute("aria-controls","panel"),d.hidden=!!i.none,e.append(v("div",{class:"root",lang:t},k,f,d));let h,b,w=()=>(g.querySelector("button")??c).focus();function S(p){k.hidden=!p,d.setAttribute("aria-expanded",String(p))}function D(){if(!k.hidden)return;let p=document.activeElement;h=p instanceof HTMLElement&&p!==document.body&&p!==e.host?p:d,S(!0),w()}function j(){let p=e.activeElement;S(!1),n.dismiss(),p&&(h?.isConnected?h:d).focus()}function H(){k.hidden?D():j()}function z(){let{phase:p,sharing:E,pin:A}=n.state;d.classList.toggle("live",E),m.textContent=E?a(8):i.label||a(7);let[C,R="",P="",_=p]=O(),o=[_,R,A].join(`
`);if(o===b)return;b=o;let r=g.contains(e.activeElement);c.textContent=a(_);let s=C.map(([x,M,W=""])=>Z(W,M,a(x)));g.replaceChildren(R&&v("p",{class:p===6?"failed":""},R),P,...s),r&&w();let u=A&&p===2?": "+G(A):"";f.textContent=p?`${a(_)}${u}. ${R}`:""}function O(){let{phase:p,pin:E,agent:A,failure:C,sharing:R}=n.state,P=[12,n.end,"stop"],_=[10,n.start,"main"],o=v("div",{class:"busy"});switch(p){case 1:return[[[11,()=>(n.end(),n.dismiss())]],"",o];case 2:return E?[[P],a(15),He(E)]:[[P],"",o,1];case 3:return[[P],a(A??16)];case 4:return[[P],"",o];case 5:return[[_],a(19)];case 6:{let{cause:r,code:s}=C,u=r===22?[]:[[13,n.retry,"main"]];return R&&u.push(P),[u,a(r)+(s&&` (${s})`)]}default:return[[_],a(14)]}}for(let p of["keydown","keyup","keypress"])e.addEventListener(p,E=>{E.stopPropagation(),p==="keydown"&&E.key==="Escape"&&!k.hidden&&j()});return S(!1),z(),{open:D,toggle:H,draw:z}}function He(e){let n=v("span",{"aria-hidden":"true",class:"digits",dir:"ltr"},...B(e).map(i=>v("span",{},i)));return v("p",{class:"pin"},n,v("span",{class:"hidden"},G(e)))}var V=__COBROWSE_WIDGET__,me=document.currentScript?.cobrowse;me&&!customElements.get(I)&&ze(me);function ze(e){let n=X(V),i=ge(e,V,()=>t.draw()),t=fe(n.root,i,V);n.show(e.chosen()),window.top!==window&&addEventListener("resize",()=>n.show(i.state.sharing||e.chosen())),Ie(t),i.begin()}function Ie(e){document.addEventListener("cobrowse:open",()=>e.open());let{attach:n,shortcut:i}=V;n&&document.addEventListener("click",t=>{Oe(t.target,n)&&(t.preventDefault(),e.open())}),i&&document.addEventListener("keydown",t=>{We(t,i)&&(t.preventDefault(),e.toggle())})}function Oe(e,n){try{return e instanceof Element&&e.closest(n)!==null}catch{return!1}}function We(e,n){return e.ctrlKey===n.ctrl&&e.altKey===n.alt&&e.shiftKey===n.shift&&e.metaKey===n.meta&&!e.isComposing&&(e.key.toLowerCase()===n.key||e.code.toLowerCase()==="key"+n.key)}})();
