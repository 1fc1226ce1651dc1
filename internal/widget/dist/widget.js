"use strict";(()=>{var I="cobrowse-help";var Y=`:host{all:initial!important;display:block!important;position:fixed!important;z-index:2147483647!important;pointer-events:none!important;color-scheme:light!important}@media print{:host{display:none!important}}.root{display:flex;gap:14px;direction:ltr;font:16px/1.5 system-ui,sans-serif;color:#111}*{box-sizing:border-box}[hidden]{display:none!important}h2,p,button{margin:0;unicode-bidi:plaintext}.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}button{min-height:46px;padding:10px 18px;border:1px solid #8a93a1;border-radius:10px;background:#fff;color:inherit;font:inherit;font-weight:600;cursor:pointer;pointer-events:auto}button:hover{background:#eef1f5}:focus-visible{outline:3px solid #111;outline-offset:2px;box-shadow:0 0 0 7px #fff}svg{width:22px;fill:none;stroke:currentColor;stroke-width:2}.help,.main,.help:hover,.main:hover{border-color:var(--edge);background:var(--color);color:var(--ink)}.help{display:flex;align-items:center;gap:14px;max-width:calc(100vw - 40px);border-radius:24px}.help,section{box-shadow:0 8px 32px #0000004d}.main:hover,.help:hover{text-decoration:underline}.help.live svg{display:none}.help.live:before{content:"";width:14px;height:14px;border-radius:50%;background:#b01818;border:2px solid #fff}.stop{border-color:#b01818;color:#b01818}section{width:352px;max-width:calc(100vw - 40px);max-height:calc(100vh - 114px);overflow:auto;border:1px solid #8a93a1;border-radius:14px;background:#fff;pointer-events:auto;animation:rise .2s}@keyframes rise{0%{opacity:0}}header{display:flex;padding:14px 6px 6px;padding-inline-start:22px}h2{flex:1;align-self:center;font-size:18px;line-height:1.2}.close{padding:0 14px;border:0;font-size:28px;line-height:1}.content{display:grid;gap:14px;padding:0 22px 22px}.failed{padding-inline-start:12px;border-inline-start:4px solid #b01818}.pin{padding:14px 0;border-radius:10px;background:#eef1f5}.digits{display:flex;flex-wrap:wrap;justify-content:center;gap:0 .45em;font-weight:700;font-size:40px;line-height:1.2;letter-spacing:.06em}.busy{height:4px;background:#eef1f5;overflow:hidden}.busy:before{content:"";display:block;width:40%;height:4px;background:#111;animation:slide 1.4s infinite alternate}@keyframes slide{to{margin-inline-start:60%}}@media(prefers-reduced-motion){*,:before{animation:none!important}}@media(forced-colors:active){.pin,.close{border:1px solid}:before{forced-color-adjust:none}}
`;var we=3;function J({style:e}){let n=!1,o,t=we;class r extends HTMLElement{disconnectedCallback(){setTimeout(v)}}customElements.define(I,r);let g=document.createElement(I),p=g.attachShadow({mode:"closed"}),f=new CSSStyleSheet;f.replaceSync(Y+e),p.adoptedStyleSheets=[f];function v(){if(!n||g.isConnected)return;let c=document.body;if(!c)return ye(v);c===o&&t--<=0||(o=c,c.append(g))}return{root:p,show:c=>{n=c,c?v():g.remove()}}}function ye(e){let n=new MutationObserver(()=>{document.body&&(n.disconnect(),e())});n.observe(document,{childList:!0,subtree:!0})}function y(e,n={},...o){let t=document.createElement(e);for(let r in n)t.setAttribute(r,n[r]);return t.append(...o),t}function W(e,n,...o){let t=y("button",{class:e},...o);return t.onclick=n,t}function Q(e){let n="http://www.w3.org/2000/svg",o=document.createElementNS(n,"svg"),t=document.createElementNS(n,"path");return o.setAttribute("viewBox","0 0 24 24"),o.setAttribute("aria-hidden","true"),t.setAttribute("d",e),o.append(t),o}var ke=`Share this page with us
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
Something went wrong.`,Se=`Diese Seite mit uns teilen
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
Unser Berater sieht diese Website wie Sie und kann helfen. Sonst wird nichts geteilt. Sie k\xF6nnen jederzeit aufh\xF6ren.
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
Er is iets misgegaan.`,X={__proto__:null,en:ke,de:Se,fr:Ee,es:xe,nl:Pe};function ee(){let n=[document.documentElement.lang,...navigator.languages,"en"].map(t=>t.toLowerCase().split("-")[0]).find(t=>t in X),o=X[n].split(`
`);return{language:n,say:t=>o[t]}}var U=e=>e.match(e.length>4&&e.length%4?/.{1,3}/g:/.{1,4}/g)??[],F=e=>U(e).map(n=>[...n].join(" ")).join(", ");var _=class{constructor(n,o=""){Object.assign(this,{cause:n,code:o})}},Re={1001:25,1002:26,1004:27,1006:25,1008:25,1009:25,1010:25,1011:25,1012:28,1013:28,1015:27,1016:21,1017:26,2001:25};function K(e){let{code:n,errorCode:o,error:t}=Object(e),r=n??o??(t?K(t):e);return/^\w{1,12}$/.exec(String(r))?.[0]??""}function ne(e){if(e instanceof _)return e;let n=K(e);return new _(Re[n]??29,n)}var B=e=>new _(e===401||e===403?22:e===429?23:24,String(e)),N=e=>new _(navigator.onLine?e:21);var Ae=2e4,te=500,Ce=3e4,oe=(e,n)=>fetch(e,{method:"POST",headers:{"Content-Type":"application/json"},body:JSON.stringify(n),mode:"same-origin",redirect:"error",keepalive:!0,signal:AbortSignal.timeout?.(Ae)});async function re(e){let n=location.pathname,o=await oe(e+"sessions",{page:n}).catch(()=>{throw N(24)}),{id:t,ticket:r,heartbeat:g,pin:p,sdkToken:f}=await o.json().catch(()=>({}));if(!f)throw B(o.status);return[{id:t,ticket:r,heartbeat:g,pin:p,page:n},f]}var ie=(e,n)=>e.filter(({event:o})=>n.event==="session_ended"?o==="session_error":o!==n.event||o.startsWith("agent")).concat(n);function se(e,n,o,t){let r=[],g=!1,p=te,f=!1;async function v(d){let u=0;try{let m=location.pathname,b=await oe(`${e}sessions/${n.id}/events`,{...d,ticket:n.ticket,page:m===n.page?void 0:m}),{status:w}=b;if(w<500&&w!==429){let{state:D,video:C}=await b.json();return t(C),p=te,n.page=m,c(d,w,D)}u=Number(b.headers.get("Retry-After"))*1e3}catch{}return p=Math.min(p*2,Ce),u||p*(1+Math.random())}function c(d,u,m){let b=u===410||m==="ended"||m==="expired";(b||u===401)&&(f=!0,r=[]),b&&o(),u===409&&o(B(u)),m==="created"&&n.pin&&![d,...r].some(({event:w})=>w==="pincode_updated")&&(n.page="",x("pincode_updated",n.pin),n.agent&&x("agent_joined"))}async function P(){g=!0;for(let d;d=r.shift();){let u=await v(d);u&&(r=r.reduce(ie,[d]),await new Promise(m=>setTimeout(m,u)))}g=!1}function x(d,u,m){f||(f=d==="session_ended",n.pin=u||n.pin,d.startsWith("agent")&&(n.agent=d==="agent_joined"),r=ie(r,{event:d,pin:u,code:m}),g||P())}return addEventListener("pagehide",()=>r.splice(0).forEach(v)),{record:n,report:x}}var ae=(e,n)=>e?.find(o=>new RegExp(o.paths,"i").test(_e(n)))?.piiMask;function _e(e){try{e=decodeURIComponent(e)}catch{}return e.replace(/\/+/g,"/")}var De=3e4;function ce(e,n){return new Promise((o,t)=>{setTimeout(()=>t(N(20)),De);let r=[Ne(n),p=>{let{session:f}=Object(p),v=$(p);f&&!v?o(f):t(v||p)}],g=window.ZoomCobrowseSDK;g&&g!==V?g.init(...r):je(e,r,t)})}function $(e){let{success:n,error:o}=Object(e);return o??(n===!1&&e)}var V={init:(...e)=>{window.ZoomCobrowseSDKInitArgs=e}},G,de;function je(e,n,o){if(window.ZoomCobrowseSDK=V,V.init(...n),de=o,G)return;let t=G=document.createElement("script");t.nonce=e.nonce,t.src=e.sdk,t.onload=t.onerror=()=>{G=void 0,window.ZoomCobrowseSDK===V&&(t.remove(),delete window.ZoomCobrowseSDK,delete window.ZoomCobrowseSDKInitArgs,de(N(20)))},document.head.append(t)}function Ne(e){let n=ae(e.masks,location.pathname);return n?{...e.zoom,piiMask:n}:e.zoom}async function q(e){try{return Object(await e.getSessionInfo()).sessionStatus==="session_recoverable"}catch{return!1}}function le(e){let{pincode:n,pinCode:o,pin:t}=Object(e);return/^[a-z0-9]{1,10}$/i.exec(String(n??o??t??""))?.[0]??""}var Le=20,ze=45e3;function ue(e,n,o){let t={phase:0,pin:"",sharing:!1},r,g,p=0,f=0,v=0,c,P=()=>t.phase===1||t.phase===4;function x(i,s){Object.assign(t,i),P()||clearTimeout(f),clearInterval(v),d(),t.sharing&&(v=setInterval(()=>{d(),u("heartbeat")},(c?.record.heartbeat||Le)*1e3)),o(s)}function d(){(t.phase===2||t.phase===3)&&e.remember?.(c?.record??{})}function u(i,s,a){c?.report(i,s,a),i==="session_ended"&&(c=void 0)}function m(i){let s=ne(i);u("session_error",void 0,s.code),t.sharing||u("session_ended"),x({phase:6,failure:s})}function b(i,s,a){a&&u(a,s?.pin),x({phase:i,sharing:!0,...s})}let w=i=>x({phase:i,pin:"",agent:void 0,video:void 0,sharing:!1});function D(){u("session_ended"),e.remember?.(),w(5)}function C(){p++,D(),M()}function H(i){let s,a,l=S=>{h===c&&(C(),S&&m(S))},h=se(e.base,i,l,S=>{s=S,s&&(a??=e.room?.(i.id,()=>h===c&&s));let j=s&&a;h===c&&x({video:j},j&&!i.video),i.video=!!s});return h}function M(){try{g?.end()}catch{}g=void 0}async function O(i){let s=++p,a=()=>s===p;try{await i(a)}catch(l){a()&&m(l)}}function k(i){g=i,clearTimeout(f),f=setTimeout(()=>{p++,t.sharing||M(),m(N(20))},ze)}function E(){w(1),O(async i=>{let s=re(e.base).then(([h,S])=>{let j=H(h);return i()&&t.phase===1?c=j:j.report("session_ended"),{sdkToken:S,customPinCode:h.pin}}),[a,l]=await Promise.all([A(),s]);i()&&(k(a),await a.start(l,h=>{let S=$(h);i()&&S&&m(S)}))})}function R(i){b(4),u("heartbeat"),O(async s=>{let a=await A(),l=await q(a);s()?l?(k(a),await a.join()):(n.multiTab||e.remember?.(),c=void 0,w(i)):l&&!t.sharing&&a.end()})}function A(){return r??=ce(e,n).then(i=>(L(i),i),i=>{throw r=void 0,i}),r}function L(i){let s=(a,l)=>i.on(a,h=>{(t.sharing||t.phase===1)&&l(h,a)});s("pincode_updated",(a,l)=>{let h=le(a);h&&b(t.phase===3?3:2,{pin:h},l)}),s("session_started",(a,l)=>b(t.phase===4?3:2,{},l)),s("agent_joined",(a,l)=>b(3,{agent:17},l)),s("agent_left",(a,l)=>b(3,{agent:18},l)),s("session_reconnecting",()=>t.sharing&&b(4)),s("session_ended",D),s("session_error",a=>{(!t.sharing||K(a)!=="1002")&&m(a)})}function z(i){i.disposition==="enforce"&&/^(script|connect)/.test(i.effectiveDirective)&&P()&&pe(i.blockedURI)===pe(String(e.sdk))&&(p++,m(new _(20)))}return addEventListener("pagehide",d),addEventListener("pageshow",i=>i.persisted&&t.sharing&&R(5)),document.addEventListener("securitypolicyviolation",z),{state:t,begin(){let{mark:i}=e;i?(i.id&&(c=H(i)),R(0)):n.eager&&A().then(q).then(s=>s&&t.phase===0&&R(0)).catch(()=>{})},start:E,retry:()=>t.sharing?R(5):E(),end:C,dismiss(){!t.sharing&&t.phase!==1&&w(0)}}}var pe=e=>e.split("/")[2]?.split(".").slice(-2).join(".");var He="M3 5h18v11H3zM8 20h8M12 16v4M12 13V8M9.5 10.5L12 8l2.5 2.5";function ge(e,n,o){let{language:t,say:r}=ee(),g=y("div",{class:"hidden",role:"status"}),p=y("h2",{id:"title",tabindex:"-1"}),f=y("div",{class:"content"}),v=W("close",C,"\xD7");v.setAttribute("aria-label",r(9));let c=getComputedStyle(document.documentElement).direction,P=y("section",{dir:c,id:"panel",role:"dialog","aria-labelledby":"title"},y("header",{},p,v),f),x=y("span"),d=W("help",H,Q(He),x);d.dir=c,d.setAttribute("aria-controls","panel"),d.hidden=!!o.none,e.append(y("div",{class:"root",lang:t},P,g,d));let u,m,b=()=>(f.querySelector("button")??p).focus();function w(k){P.hidden=!k,d.setAttribute("aria-expanded",String(k))}function D(){P.hidden&&(u=document.activeElement,w(!0),b())}function C(){let k=e.activeElement;w(!1),n.dismiss(),k&&(d.focus(),u?.focus())}function H(){P.hidden?D():C()}function M(k){k&&w(!0);let{phase:E,sharing:R,pin:A,video:L}=n.state;d.classList.toggle("live",R),x.textContent=R?r(8):o.label||r(7);let[z,i="",s="",a=E]=O(),l=a+i+A+!L;if(l===m)return;m=l;let h=f.contains(e.activeElement);p.textContent=r(a);let S=z.map(([me,he,be=""])=>W(be,he,r(me)));f.replaceChildren(i&&y("p",{class:E===6?"failed":""},i),s,...S),h&&b();let j=A&&E===2?": "+F(A):"";g.textContent=E?`${r(a)}${j}. ${i}${L?` ${r(14)}`:""}`:""}function O(){let{phase:k,pin:E,agent:R,failure:A,sharing:L,video:z}=n.state,i=[12,n.end,"stop"],s=[10,n.start,"main"],a=y("div",{class:"busy"});switch(k){case 1:return[[[11,()=>(n.end(),n.dismiss())]],"",a];case 2:return E?[[i],r(16),Me(E)]:[[i],"",a,1];case 3:return[z?[[14,z,"main"],i]:[i],R?r(R):""];case 4:return[[i],"",a];case 5:return[[s],r(19)];case 6:{let{cause:l,code:h}=A,S=l===22?[]:[[13,n.retry,"main"]];return L&&S.push(i),[S,r(l)+(h&&` (${h})`)]}default:return[[s],r(15)]}}for(let k of["keydown","keyup","keypress"])e.addEventListener(k,E=>{E.stopPropagation(),k==="keydown"&&E.key==="Escape"&&!P.hidden&&C()});return w(!1),M(),{open:D,toggle:H,draw:M}}function Me(e){let n=y("span",{"aria-hidden":"true",class:"digits",dir:"ltr"},...U(e).map(o=>y("span",{},o)));return y("p",{class:"pin"},n,y("span",{class:"hidden"},F(e)))}var T=__COBROWSE_WIDGET__,fe=document.currentScript?.cobrowse;fe&&!customElements.get(I)&&Ie(fe);function Ie(e){let n=J(T),o=ue(e,T,r=>t.draw(r)),t=ge(n.root,o,T);n.show(e.chosen()),window.top!==window&&addEventListener("resize",()=>n.show(o.state.sharing||e.chosen())),Oe(t),o.begin()}function Oe(e){document.addEventListener("cobrowse:open",e.open);let{attach:n,shortcut:o}=T;n&&document.addEventListener("click",t=>{We(t.target,n)&&(t.preventDefault(),e.open())}),o&&document.addEventListener("keydown",t=>{Ze(t,o)&&(t.preventDefault(),e.toggle())})}function We(e,n){try{return e.closest(n)!==null}catch{return!1}}function Ze(e,n){return e.ctrlKey===n.ctrl&&e.altKey===n.alt&&e.shiftKey===n.shift&&e.metaKey===n.meta&&!e.isComposing&&(e.key.toLowerCase()===n.key||e.code.toLowerCase()==="key"+n.key)}})();
