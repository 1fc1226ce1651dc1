"use strict";(()=>{var I="cobrowse-help";var Y=`:host{all:initial!important;display:block!important;position:fixed!important;z-index:2147483647!important;pointer-events:none!important;color-scheme:light!important}@media print{:host{display:none!important}}.root{display:flex;gap:14px;direction:ltr;font:16px/1.5 system-ui,sans-serif;color:#111}*{box-sizing:border-box}[hidden]{display:none!important}h2,p,button{margin:0;unicode-bidi:plaintext}.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}button{min-height:46px;padding:10px 18px;border:1px solid #8a93a1;border-radius:10px;background:#fff;color:inherit;font:inherit;font-weight:600;cursor:pointer;pointer-events:auto}button:hover{background:#eef1f5}:focus-visible{outline:3px solid #111;outline-offset:2px;box-shadow:0 0 0 7px #fff}svg{width:22px;fill:none;stroke:currentColor;stroke-width:2}.help,.main,.help:hover,.main:hover{border-color:var(--edge);background:var(--color);color:var(--ink)}.help{display:flex;align-items:center;gap:14px;max-width:calc(100vw - 40px);border-radius:24px}.help,section{box-shadow:0 8px 32px #0000004d}.main:hover,.help:hover{text-decoration:underline}.help.live svg{display:none}.help.live:before{content:"";width:14px;height:14px;border-radius:50%;background:#b01818;border:2px solid #fff}.stop{border-color:#b01818;color:#b01818}section{width:352px;max-width:calc(100vw - 40px);max-height:calc(100vh - 114px);overflow:auto;border:1px solid #8a93a1;border-radius:14px;background:#fff;pointer-events:auto;animation:rise .2s}@keyframes rise{0%{opacity:0}}header{display:flex;padding:14px 6px 6px;padding-inline-start:22px}h2{flex:1;align-self:center;font-size:18px;line-height:1.2}.close{padding:0 14px;border:0;font-size:28px;line-height:1}.content{display:grid;gap:14px;padding:0 22px 22px}.failed{padding-inline-start:12px;border-inline-start:4px solid #b01818}.pin{padding:14px 0;border-radius:10px;background:#eef1f5}.digits{display:flex;flex-wrap:wrap;justify-content:center;gap:0 .45em;font-weight:700;font-size:40px;line-height:1.2;letter-spacing:.06em}.busy{height:4px;background:#eef1f5;overflow:hidden}.busy:before{content:"";display:block;width:40%;height:4px;background:#111;animation:slide 1.4s infinite alternate}@keyframes slide{to{margin-inline-start:60%}}@media(prefers-reduced-motion){*,:before{animation:none!important}}@media(forced-colors:active){.pin,.close{border:1px solid}:before{forced-color-adjust:none}}
`;var we=3;function J({style:e}){let n=!1,i,t=we;class s extends HTMLElement{disconnectedCallback(){setTimeout(w)}}customElements.define(I,s);let g=document.createElement(I),p=g.attachShadow({mode:"closed"}),f=new CSSStyleSheet;f.replaceSync(Y+e),p.adoptedStyleSheets=[f];function w(){if(!n||g.isConnected)return;let l=document.body;if(!l)return ye(w);l===i&&t--<=0||(i=l,l.append(g))}return{root:p,show:l=>{n=l,l?w():g.remove()}}}function ye(e){let n=new MutationObserver(()=>{document.body&&(n.disconnect(),e())});n.observe(document,{childList:!0,subtree:!0})}function y(e,n={},...i){let t=document.createElement(e);for(let s in n)t.setAttribute(s,n[s]);return t.append(...i),t}function W(e,n,...i){let t=y("button",{class:e},...i);return t.onclick=n,t}function Q(e){let n="http://www.w3.org/2000/svg",i=document.createElementNS(n,"svg"),t=document.createElementNS(n,"path");return i.setAttribute("viewBox","0 0 24 24"),i.setAttribute("aria-hidden","true"),t.setAttribute("d",e),i.append(t),i}var Se=`Share this page with us
Connecting\u2026
Your PIN
You are sharing this website
Reconnecting\u2026
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
Something went wrong.`,ke=`Diese Seite mit uns teilen
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
Per Video fortsetzen
Unser Berater sieht diese Website wie Sie und kann Ihnen helfen. Sonst wird nichts geteilt. Sie k\xF6nnen jederzeit aufh\xF6ren.
Nennen Sie sie unserem Berater. Das Teilen beginnt, wenn er sie eingibt.
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
Sie teilen schon in einem anderen Tab.
Die Sitzung ist voll.
Etwas ist schiefgegangen.`,Ee=`Partager cette page avec nous
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
Continuer en vid\xE9o
Notre conseiller voit ce site comme vous et peut vous guider. Rien d\u2019autre n\u2019est partag\xE9. Vous pouvez arr\xEAter \xE0 tout moment.
Donnez-le \xE0 notre conseiller. Le partage commence quand il le saisit.
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
Vous partagez d\xE9j\xE0 dans un autre onglet.
La session est compl\xE8te.
Une erreur s\u2019est produite.`,xe=`Comparta esta p\xE1gina con nosotros
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
Continuar por v\xEDdeo
Nuestro agente ve este sitio como usted y puede guiarle. No se comparte nada m\xE1s. Puede parar cuando quiera.
Diga este PIN a nuestro agente. Se comparte cuando lo introduce.
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
Ya est\xE1 compartiendo en otra pesta\xF1a.
La sesi\xF3n est\xE1 completa.
Algo ha ido mal.`,Pe=`Deel deze pagina met ons
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
Er is iets misgegaan.`,X={__proto__:null,en:Se,de:ke,fr:Ee,es:xe,nl:Pe};function ee(){let n=[document.documentElement.lang,...navigator.languages,"en"].map(t=>t.toLowerCase().split("-")[0]).find(t=>t in X),i=X[n].split(`
`);return{language:n,say:t=>i[t]}}var U=e=>e.match(e.length>4&&e.length%4?/.{1,3}/g:/.{1,4}/g)??[],F=e=>U(e).map(n=>[...n].join(" ")).join(", ");var _=class{constructor(n,i=""){Object.assign(this,{cause:n,code:i})}},Re={1001:25,1002:26,1004:27,1006:25,1008:25,1009:25,1010:25,1011:25,1012:28,1013:28,1015:27,1016:21,1017:26,2001:25};function K(e){let{code:n,errorCode:i,error:t}=Object(e),s=n??i??(t?K(t):e);return/^\w{1,12}$/.exec(String(s))?.[0]??""}function ne(e){if(e instanceof _)return e;let n=K(e);return new _(Re[n]??29,n)}var B=e=>new _(e===401||e===403?22:e===429?23:24,String(e)),N=e=>new _(navigator.onLine?e:21);var Ae=2e4,te=500,Ce=3e4,oe=(e,n)=>fetch(e,{method:"POST",headers:{"Content-Type":"application/json"},body:JSON.stringify(n),mode:"same-origin",redirect:"error",keepalive:!0,signal:AbortSignal.timeout?.(Ae)});async function re(e){let n=location.pathname,i=await oe(e+"sessions",{page:n}).catch(()=>{throw N(24)}),{id:t,ticket:s,heartbeat:g,pin:p,sdkToken:f}=await i.json().catch(()=>({}));if(!f)throw B(i.status);return[{id:t,ticket:s,heartbeat:g,pin:p,page:n},f]}var ie=(e,n)=>e.filter(({event:i})=>n.event==="session_ended"?i==="session_error":i!==n.event||i.startsWith("agent")).concat(n);function se(e,n,i,t){let s=[],g=!1,p=te,f=!1;async function w(d){let u=0;try{let m=location.pathname,v=await oe(`${e}sessions/${n.id}/events`,{...d,ticket:n.ticket,page:m===n.page?void 0:m}),{status:k}=v;if(k<500&&k!==429){let{state:A,video:D}=await v.json();return t(D),p=te,n.page=m,l(d,k,A)}u=Number(v.headers.get("Retry-After"))*1e3}catch{}return p=Math.min(p*2,Ce),u||p*(1+Math.random())}function l(d,u,m){let v=u===410||m==="ended"||m==="expired";(v||u===401)&&(f=!0,s=[]),v&&i(),u===409&&i(B(u)),m==="created"&&n.pin&&![d,...s].some(({event:k})=>k==="pincode_updated")&&(n.page="",x("pincode_updated",n.pin),n.agent&&x("agent_joined"))}async function P(){g=!0;for(let d;d=s.shift();){let u=await w(d);u&&(s=s.reduce(ie,[d]),await new Promise(m=>setTimeout(m,u)))}g=!1}function x(d,u,m){f||(f=d==="session_ended",n.pin=u||n.pin,d.startsWith("agent")&&(n.agent=d==="agent_joined"),s=ie(s,{event:d,pin:u,code:m}),g||P())}return addEventListener("pagehide",()=>s.splice(0).forEach(w)),{record:n,report:x}}var ae=(e,n)=>e?.find(i=>new RegExp(i.paths,"i").test(_e(n)))?.piiMask;function _e(e){try{e=decodeURIComponent(e)}catch{}return e.replace(/\/+/g,"/")}var De=3e4;function ce(e,n){return new Promise((i,t)=>{setTimeout(()=>t(N(20)),De);let s=[Ne(n),p=>{let{session:f}=Object(p),w=$(p);f&&!w?i(f):t(w||p)}],g=window.ZoomCobrowseSDK;g&&g!==V?g.init(...s):je(e,s,t)})}function $(e){let{success:n,error:i}=Object(e);return i??(n===!1&&e)}var V={init:(...e)=>{window.ZoomCobrowseSDKInitArgs=e}},G,de;function je(e,n,i){if(window.ZoomCobrowseSDK=V,V.init(...n),de=i,G)return;let t=G=document.createElement("script");t.nonce=e.nonce,t.src=e.sdk,t.onload=t.onerror=()=>{G=void 0,window.ZoomCobrowseSDK===V&&(t.remove(),delete window.ZoomCobrowseSDK,delete window.ZoomCobrowseSDKInitArgs,de(N(20)))},document.head.append(t)}function Ne(e){let n=ae(e.masks,location.pathname);return n?{...e.zoom,piiMask:n}:e.zoom}async function q(e){try{return Object(await e.getSessionInfo()).sessionStatus==="session_recoverable"}catch{return!1}}function le(e){let{pincode:n,pinCode:i,pin:t}=Object(e);return/^[a-z0-9]{1,10}$/i.exec(String(n??i??t??""))?.[0]??""}var Le=20,ze=45e3;function ue(e,n,i){let t={phase:0,pin:"",sharing:!1},s,g,p=0,f=0,w=0,l,P=()=>t.phase===1||t.phase===4;function x(o){Object.assign(t,o),P()||clearTimeout(f),clearInterval(w),d(),t.sharing&&(w=setInterval(()=>{d(),u("heartbeat")},(l?.record.heartbeat||Le)*1e3)),i()}function d(){(t.phase===2||t.phase===3)&&e.remember?.(l?.record??{})}function u(o,r,a){l?.report(o,r,a),o==="session_ended"&&(l=void 0)}function m(o){let r=ne(o);u("session_error",void 0,r.code),t.sharing||u("session_ended"),x({phase:6,failure:r})}function v(o,r,a){a&&u(a,r?.pin),x({phase:o,sharing:!0,...r})}let k=o=>x({phase:o,pin:"",agent:void 0,video:void 0,sharing:!1});function A(){u("session_ended"),e.remember?.(),k(5)}function D(){p++,A(),z()}function L(o){let r,a,c=S=>{h===l&&(D(),S&&m(S))},h=se(e.base,o,c,S=>{r=S,r&&(a??=e.room?.(o.id,()=>h===l&&r)),h===l&&!r==!!t.video&&x({video:r&&a})});return h}function z(){try{g?.end()}catch{}g=void 0}async function H(o){let r=++p,a=()=>r===p;try{await o(a)}catch(c){a()&&m(c)}}function O(o){g=o,clearTimeout(f),f=setTimeout(()=>{p++,t.sharing||z(),m(N(20))},ze)}function b(){k(1),H(async o=>{let r=re(e.base).then(([h,S])=>{let j=L(h);return o()&&t.phase===1?l=j:j.report("session_ended"),{sdkToken:S,customPinCode:h.pin}}),[a,c]=await Promise.all([R(),r]);o()&&(O(a),await a.start(c,h=>{let S=$(h);o()&&S&&m(S)}))})}function E(o){v(4),u("heartbeat"),H(async r=>{let a=await R(),c=await q(a);r()?c?(O(a),await a.join()):(n.multiTab||e.remember?.(),l=void 0,k(o)):c&&!t.sharing&&a.end()})}function R(){return s??=ce(e,n).then(o=>(C(o),o),o=>{throw s=void 0,o}),s}function C(o){let r=(a,c)=>o.on(a,h=>{(t.sharing||t.phase===1)&&c(h,a)});r("pincode_updated",(a,c)=>{let h=le(a);h&&v(t.phase===3?3:2,{pin:h},c)}),r("session_started",(a,c)=>v(t.phase===4?3:2,{},c)),r("agent_joined",(a,c)=>v(3,{agent:17},c)),r("agent_left",(a,c)=>v(3,{agent:18},c)),r("session_reconnecting",()=>t.sharing&&v(4)),r("session_ended",A),r("session_error",a=>{(!t.sharing||K(a)!=="1002")&&m(a)})}function M(o){o.disposition==="enforce"&&/^(script|connect)/.test(o.effectiveDirective)&&P()&&pe(o.blockedURI)===pe(String(e.sdk))&&(p++,m(new _(20)))}return addEventListener("pagehide",d),addEventListener("pageshow",o=>o.persisted&&t.sharing&&E(5)),document.addEventListener("securitypolicyviolation",M),{state:t,begin(){let{mark:o}=e;o?(o.id&&(l=L(o)),E(0)):n.eager&&R().then(q).then(r=>r&&t.phase===0&&E(0)).catch(()=>{})},start:b,retry:()=>t.sharing?E(5):b(),end:D,dismiss(){!t.sharing&&t.phase!==1&&k(0)}}}var pe=e=>e.split("/")[2]?.split(".").slice(-2).join(".");var He="M3 5h18v11H3zM8 20h8M12 16v4M12 13V8M9.5 10.5L12 8l2.5 2.5";function ge(e,n,i){let{language:t,say:s}=ee(),g=y("div",{class:"hidden",role:"status"}),p=y("h2",{id:"title",tabindex:"-1"}),f=y("div",{class:"content"}),w=W("close",L,"\xD7");w.setAttribute("aria-label",s(9));let l=getComputedStyle(document.documentElement).direction,P=y("section",{dir:l,id:"panel",role:"dialog","aria-labelledby":"title"},y("header",{},p,w),f),x=y("span"),d=W("help",z,Q(He),x);d.dir=l,d.setAttribute("aria-controls","panel"),d.hidden=!!i.none,e.append(y("div",{class:"root",lang:t},P,g,d));let u,m,v,k=()=>(f.querySelector("button")??p).focus();function A(b){P.hidden=!b,d.setAttribute("aria-expanded",String(b))}function D(){P.hidden&&(u=document.activeElement,A(!0),k())}function L(){let b=e.activeElement;A(!1),n.dismiss(),b&&(d.focus(),u?.focus())}function z(){P.hidden?D():L()}function H(){let{phase:b,sharing:E,pin:R,video:C}=n.state;d.classList.toggle("live",E),x.textContent=E?s(8):i.label||s(7);let[M,o="",r="",a=b]=O(),c=a+o+R+!C;if(c===m)return;C&&!v&&A(!0),v=C,m=c;let h=f.contains(e.activeElement);p.textContent=s(a);let S=M.map(([me,he,be=""])=>W(be,he,s(me)));f.replaceChildren(o&&y("p",{class:b===6?"failed":""},o),r,...S),h&&k();let j=R&&b===2?": "+F(R):"";g.textContent=b?`${s(a)}${j}. ${o}${C?` ${s(14)}`:""}`:""}function O(){let{phase:b,pin:E,agent:R,failure:C,sharing:M,video:o}=n.state,r=[12,n.end,"stop"],a=[10,n.start,"main"],c=y("div",{class:"busy"});switch(b){case 1:return[[[11,()=>(n.end(),n.dismiss())]],"",c];case 2:return E?[[r],s(16),Me(E)]:[[r],"",c,1];case 3:return[o?[[14,o,"main"],r]:[r],R?s(R):""];case 4:return[[r],"",c];case 5:return[[a],s(19)];case 6:{let{cause:h,code:S}=C,j=h===22?[]:[[13,n.retry,"main"]];return M&&j.push(r),[j,s(h)+(S&&` (${S})`)]}default:return[[a],s(15)]}}for(let b of["keydown","keyup","keypress"])e.addEventListener(b,E=>{E.stopPropagation(),b==="keydown"&&E.key==="Escape"&&!P.hidden&&L()});return A(!1),H(),{open:D,toggle:z,draw:H}}function Me(e){let n=y("span",{"aria-hidden":"true",class:"digits",dir:"ltr"},...U(e).map(i=>y("span",{},i)));return y("p",{class:"pin"},n,y("span",{class:"hidden"},F(e)))}var T=__COBROWSE_WIDGET__,fe=document.currentScript?.cobrowse;fe&&!customElements.get(I)&&Ie(fe);function Ie(e){let n=J(T),i=ue(e,T,()=>t.draw()),t=ge(n.root,i,T);n.show(e.chosen()),window.top!==window&&addEventListener("resize",()=>n.show(i.state.sharing||e.chosen())),Oe(t),i.begin()}function Oe(e){document.addEventListener("cobrowse:open",e.open);let{attach:n,shortcut:i}=T;n&&document.addEventListener("click",t=>{We(t.target,n)&&(t.preventDefault(),e.open())}),i&&document.addEventListener("keydown",t=>{Ze(t,i)&&(t.preventDefault(),e.toggle())})}function We(e,n){try{return e.closest(n)!==null}catch{return!1}}function Ze(e,n){return e.ctrlKey===n.ctrl&&e.altKey===n.alt&&e.shiftKey===n.shift&&e.metaKey===n.meta&&!e.isComposing&&(e.key.toLowerCase()===n.key||e.code.toLowerCase()==="key"+n.key)}})();
