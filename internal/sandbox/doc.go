// Package sandbox is a local stand-in for Zoom's Cobrowse service that really
// works: two browsers, a session, a page that is seen, drawn on and scrolled. It
// stands in for the Video SDK UI Toolkit, too: two browsers see and hear each other.
//
// # Why
//
// Trying the product, and testing it, must not need a Zoom account. The
// sandbox answers what a browser sees of Zoom: the addresses of the SDK and the UI
// Toolkit, the JavaScript interfaces that Zoom documents, their events and error
// codes, and the address of the agents' desk. Pages, policies and tokens are therefore those
// of production; only the service behind them is this package. It says
// "sandbox" wherever a person looks. What it cannot prove about Zoom is in this
// folder's README.md.
//
// # How
//
//	service, err := sandbox.New(sandbox.Config{
//		Key: "sdk-key",
//		Verify: func(token string) (sandbox.Claims, error) {
//			c, err := minter.Verify(token)
//			return sandbox.Claims{Role: int(c.Role), UserID: c.UserID, UserName: c.UserName}, err
//		},
//		VerifyVideo: func(signature string) (sandbox.VideoClaims, error) {
//			c, err := video.Verify(signature)
//			return sandbox.VideoClaims{Session: c.SessionName, Host: c.Role == token.RoleHost, Identity: c.UserIdentity}, err
//		},
//		AllowedOrigins: []string{"https://shop.example"},
//	})
//	…
//	mux.Handle("/", service)                                                 // Zoom's own host names, or
//	mux.Handle("/_cobrowse/sandbox/", http.StripPrefix("/_cobrowse/sandbox", service)) // below a site's
//	…
//	service.Shutdown(ctx)
//
// A [Service] is an [http.Handler] and owns all sessions. Its scripts derive
// every address from their own, so it works at any prefix.
//
// # Inside
//
// A socket's first frame says who it is (protocol.go): a token, or the secret
// of a session to be resumed; no credential is ever in a URL but the desk's
// access_token, which Zoom's address has too. The hub (hub.go, session.go) is a
// state machine without goroutines, sockets or a clock of its own: it is told of
// frames, losses and the passing of time, and hands finished frames to peers. What
// the customer's browser records passes through it unread and is never kept:
// whoever joins later makes the customer's browser record the whole page again.
// Sockets (socket.go) bound size, rate and backlog of each connection.
//
// # Video
//
// Sound and pictures go from browser to browser (WebRTC), without a relay and
// without STUN: a sandbox is for browsers that reach each other. Only what they need
// to find each other passes through here, on a socket of its own: the first frame
// holds the signature (video_socket.go), frames are parsed member by member and
// made anew before they are handed on (video_protocol.go), and rooms are a state
// machine as sessions are (video_hub.go). Nothing of it is kept or logged, since a
// session description tells where somebody is.
package sandbox
