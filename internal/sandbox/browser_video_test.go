package sandbox_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/browsertest"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/sandbox"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/token"
)

const (
	videoHost    = "source.zoom.us"
	videoSession = "cobrowse-7F"
	// roomPolicy is what a room needs with Zoom's hosts, and no more.
	roomPolicy = "default-src 'none'; script-src 'self' https://source.zoom.us; style-src https://source.zoom.us; img-src data:; " +
		"connect-src https://*.zoom.us wss://*.zoom.us; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)

// rooms is the page of a shop that joins a video session, the way Zoom's
// documentation does it, under a strict policy and behind COEP.
type rooms struct {
	t testing.TB
	// permissions is the Permissions-Policy.
	permissions string
}

func (p *rooms) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/room.js" {
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = io.WriteString(w, roomJS)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", roomPolicy)
	h.Set("Cross-Origin-Embedder-Policy", "require-corp")
	if p.permissions != "" && r.URL.Query().Has("restricted") {
		h.Set("Permissions-Policy", p.permissions)
	}
	_, _ = fmt.Fprintf(w, `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Room</title>
<link rel="icon" href="data:,"><link rel="stylesheet" crossorigin href="https://%[1]s/uitoolkit/2.3.5-1/videosdk-ui-toolkit.css">
<script src="https://%[1]s/uitoolkit/2.3.5-1/videosdk-ui-toolkit.min.umd.js"></script><script src="/room.js"></script></head>
<body><main><h1>Room</h1><div id="room"></div></main></body></html>`, videoHost)
}

// roomJS keeps what the toolkit says in window.heard and window.refused.
const roomJS = `window.heard = [];
window.enter = (config) => {
	const joined = UIToolkit.joinSession(document.querySelector('#room'), config);
	UIToolkit.onSessionJoined(() => heard.push('joined'));
	UIToolkit.onSessionClosed(() => heard.push('closed'));
	UIToolkit.onSessionDestroyed(() => heard.push('destroyed'));
	joined.catch((e) => { window.refused = e; });
};`

func videoMinter(t testing.TB) *token.VideoMinter {
	t.Helper()
	m, err := token.NewVideo(token.Config{Key: videoKey, Secrets: []string{videoSecret}})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// sign makes a signature for a session.
func sign(t testing.TB, role token.VideoRole, session, identity string) string {
	t.Helper()
	signed, err := videoMinter(t).Mint(token.VideoGrant{Role: role, SessionName: session, UserIdentity: identity, Lifetime: token.MinLifetime})
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// withVideo lets a service verify signatures.
func withVideo(t testing.TB) func(*sandbox.Config) {
	m := videoMinter(t)
	return func(c *sandbox.Config) {
		c.VerifyVideo = func(signed string) (sandbox.VideoClaims, error) {
			claims, err := m.Verify(signed)
			return sandbox.VideoClaims{Session: claims.SessionName, Host: claims.Role == token.RoleHost, Identity: claims.UserIdentity}, err
		}
	}
}

// startRooms starts two browsers with cameras, of one or two makes.
func startRooms(t *testing.T, page *rooms, one, other browsertest.Engine) (a, b *browsertest.Browser, s *sandbox.Service) {
	t.Helper()
	needBundle(t)
	s = newService(t, withVideo(t))
	page.t = t
	a = browsertest.Start(t, browsertest.Config{Engine: one, Media: true, Hosts: map[string]http.Handler{shopHost: page, videoHost: s}})
	b = browsertest.Start(t, browsertest.Config{Engine: other, Media: true, Beside: a})
	return a, b, s
}

// enterRoom joins a session in a new tab.
func enterRoom(t *testing.T, b *browsertest.Browser, query, signature, session, name string) *browsertest.Tab {
	t.Helper()
	tab := b.NewTab(t, keepConnections)
	tab.Open(shopURL + "/" + query)
	tab.Wait("window.UIToolkit && window.enter")
	browsertest.Eval[bool](tab, fmt.Sprintf(`(enter({videoSDKJWT: %q, sessionName: %q, userName: %q}), true)`, signature, session, name))
	return tab
}

const (
	remoteTile = `document.querySelector(".zvs-tile[data-user]")`
	remoteSeen = remoteTile + `?.querySelector("video")`
	remoteSaid = remoteTile + `?.querySelector(".zvs-label").textContent`
)

// plays waits until the other side's picture is there and moves.
func plays(tab *browsertest.Tab) {
	tab.Wait(remoteSeen + `.videoWidth > 0`)
	browsertest.Eval[bool](tab, `(window.before = `+remoteSeen+`.currentTime, true)`)
	tab.Wait(remoteSeen + `.currentTime > window.before`)
}

// TestVideo is a call between two browsers of each make, and of both.
func TestVideo(t *testing.T) {
	for _, pair := range [][2]browsertest.Engine{
		{browsertest.Chromium, browsertest.Chromium},
		{browsertest.Chromium, browsertest.Firefox},
		{browsertest.Firefox, browsertest.Firefox},
	} {
		t.Run(string(pair[0])+" "+string(pair[1]), func(t *testing.T) { video(t, pair[0], pair[1]) })
	}
}

func video(t *testing.T, one, other browsertest.Engine) {
	a, b, s := startRooms(t, &rooms{}, one, other)
	customer := enterRoom(t, a, "", sign(t, token.RoleAttendee, videoSession, "mia"), videoSession, "Mia Miller")
	customer.Wait("heard.includes('joined')")
	customer.Wait(`document.querySelector(".zvs-status").textContent.includes("Nobody else")`)
	agent := enterRoom(t, b, "", sign(t, token.RoleHost, strings.ToUpper(videoSession), "ann"), strings.ToLower(videoSession), "Ann Agent")
	agent.Wait("heard.includes('joined')")
	for _, tab := range []*browsertest.Tab{customer, agent} { // nobody is seen or heard unasked
		tab.Wait(remoteTile + `.dataset.video === "false" && ` + remoteTile + `.dataset.audio === "false"`)
	}
	for _, tab := range []*browsertest.Tab{customer, agent} {
		tab.Click(`document.querySelector(".zvs-camera")`)
		tab.Click(`document.querySelector(".zvs-mute")`)
	}
	plays(customer)
	plays(agent)
	for _, tab := range []*browsertest.Tab{customer, agent} {
		tab.Wait(remoteTile + `.dataset.audio === "true"`)
	}
	customer.Wait(remoteSaid + ` === "Ann Agent"`)
	agent.Wait(remoteSaid + ` === "Mia Miller"`)
	agent.Screenshot("video-agent-1280")
	customer.Size(400, 720)
	customer.Screenshot("video-customer-400")
	hears(t, agent)

	customer.Click(`document.querySelector(".zvs-mute")`)
	agent.Wait(remoteTile + `.dataset.audio === "false" && ` + remoteSaid + `.includes("muted")`)
	customer.Click(`document.querySelector(".zvs-camera")`)
	agent.Wait(remoteTile + `.dataset.video === "false"`)
	agent.Screenshot("video-agent-camera-off")
	customer.Click(`document.querySelector(".zvs-camera")`)
	agent.Wait(remoteTile + `.dataset.video === "true"`)
	plays(agent)

	customer.Click(`document.querySelector(".zvs-leave")`)
	customer.Wait("heard.join() === 'joined,closed,destroyed'")
	customer.Screenshot("video-customer-left")
	agent.Wait("!" + remoteTile)
	agent.Click(`document.querySelector(".zvs-end")`)
	agent.Wait("heard.includes('closed')")
	if n := s.VideoSessions(); n != 0 {
		t.Errorf("%d sessions are left", n)
	}
	for _, tab := range []*browsertest.Tab{customer, agent} {
		checkQuiet(t, tab, shopHost, videoHost)
	}
}

// keepConnections keeps a page's connections to other browsers where hears finds
// them.
const keepConnections = `window.connections = [];
	window.RTCPeerConnection = class extends RTCPeerConnection { constructor(...a) { super(...a); connections.push(this); } };`

// hears waits until the other side's sound is played, and is none of silence
// (W3C WebRTC Statistics, totalAudioEnergy).
func hears(t *testing.T, tab *browsertest.Tab) {
	t.Helper()
	tab.Wait(`!document.querySelector(".zvs-sound:not([hidden])")`)
	tab.Wait(remoteTile + `.querySelector("audio").currentTime > 0`)
	if !browsertest.Eval[bool](tab, `(async () => {
		for (let n = 0; n < 300; n++) {
			const all = [...(await connections.at(-1).getStats()).values()];
			if (all.some((s) => s.type === "inbound-rtp" && s.kind === "audio" && s.totalAudioEnergy > 0)) return true;
			await new Promise((done) => setTimeout(done, 100));
		}
		return false;
	})()`) {
		t.Error("silence")
	}
}
