// Package videoroom makes the page in which a customer and an agent go on by
// video, with Zoom's Video SDK UI Toolkit.
//
// # Why a page of its own
//
// The toolkit wants much: megabytes of script from Zoom, WebAssembly, workers,
// inline styles, the camera. In a tab of its own it gets all that by the room's
// own policy, and the site's pages, whose policy stays as it is, go on being
// shared in theirs. Nothing opens by itself: the room is what a click on
// "Continue by video" opens, at the desk or in the customer's panel.
//
// # How it gets its part
//
// A part is a session's name, a signature for it and the name to appear by. It is
// worth a seat in the call, so it is in no URL, log or storage. The page that
// opens the room puts a name into the fragment, which no browser sends: the
// customer's page that of its record, the desk a random one. On a
// BroadcastChannel of that name, which only pages of the same origin can hear and
// which works across Cross-Origin-Opener-Policy, the room asks until a page
// answers. So it does not matter that the customer has followed a link meanwhile:
// the next page's widget answers. The room takes one part; when it is loaded
// again, it asks again. A desk in a frame of another site is in another storage
// partition and hears no channel: there, and only where Settings.Framed allows
// it, the room asks its opener by postMessage, and both compare origins.
//
// # What is Zoom's
//
// The toolkit's API is used as Zoom documents it
// (developers.zoom.us/docs/video-sdk/web/ui-toolkit/, and index.d.ts of the npm
// package @zoom/videosdk-ui-toolkit): joinSession, onSessionJoined,
// onSessionClosed, destroy. It is loaded from Zoom's CDN in an exact version, with
// crossorigin, but without integrity, since Zoom publishes no digests. The page
// is not cross-origin isolated: Zoom's media code does without SharedArrayBuffer,
// and with it every file of Zoom's would need a header of Zoom's.
//
// Everything is precomputed by [New], as in package desk. Script and style are in
// src/, bundled into dist/ by go generate and embedded from there.
package videoroom

//go:generate go -C ../../tools run ./bundle -dir ../internal/videoroom src/room.ts src/room.css

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"regexp"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/asset"
)

var (
	//go:embed dist/room.js
	script []byte
	//go:embed dist/room.css
	style []byte
	//go:embed page.html
	pageHTML string
)

// File is a script or style sheet of the page.
type File = asset.File

// DefaultToolkit is the version of Zoom's Video SDK UI Toolkit that is loaded
// unless the operator names another one: the newest of November 2026. Zoom
// recommends 2.3.15-1 or newer.
const DefaultToolkit = "2.5.0-1"

// Settings are what the page needs to know.
type Settings struct {
	// Base is the path prefix under which our files are, such as "/_cobrowse".
	Base string
	// Toolkit is the exact version of the UI Toolkit, such as "2.5.0-1"; empty
	// means [DefaultToolkit].
	Toolkit string
	// ZoomPath is a path below which the site itself serves what stands in for
	// Zoom's CDN, such as "/_cobrowse/sandbox". Empty means Zoom's CDN.
	ZoomPath string
	// Framed: the desk may be shown in other sites' frames. The room then keeps
	// its opener, as a desk in a frame can be reached in no other way.
	Framed bool
}

// Room is the page for one configuration. It is immutable.
type Room struct {
	html          []byte
	script, style *File
	csp, opener   string
}

var (
	basePattern    = regexp.MustCompile(`^(/[A-Za-z0-9._-]+)+$`)
	versionPattern = regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+(-[0-9]+)?$`)
)

// New validates the settings and makes the page. Errors name the field of
// Settings and the cure.
func New(s Settings) (*Room, error) {
	if s.Toolkit == "" {
		s.Toolkit = DefaultToolkit
	}
	switch {
	case !basePattern.MatchString(s.Base):
		return nil, fmt.Errorf("base %q must be a path such as /_cobrowse, of letters, digits, '-', '_' and '.'", s.Base)
	case s.ZoomPath != "" && !basePattern.MatchString(s.ZoomPath):
		return nil, fmt.Errorf("zoom path %q must be a path such as /_cobrowse/sandbox, of letters, digits, '-', '_' and '.'", s.ZoomPath)
	case !versionPattern.MatchString(s.Toolkit):
		return nil, fmt.Errorf("toolkit version %q must be exact, such as %s", s.Toolkit, DefaultToolkit)
	}
	r := &Room{csp: policy(s), opener: "same-origin"}
	if s.Framed {
		r.opener = "unsafe-none"
	}
	body, err := asset.Fill(script, "__COBROWSE_ROOM__", map[string]string{"toolkit": s.toolkit()})
	if err != nil {
		return nil, fmt.Errorf("making the video room's script: %w", err)
	}
	if r.script, err = asset.New("room.js", asset.JavaScript, body); err != nil {
		return nil, err
	}
	if r.style, err = asset.New("room.css", asset.CSS, style); err != nil {
		return nil, err
	}
	return r, r.makePage(s.Base)
}

func (r *Room) makePage(base string) error {
	page, err := template.New("room").Parse(pageHTML)
	if err != nil {
		return fmt.Errorf("parsing the video room's page: %w", err)
	}
	var out bytes.Buffer
	err = page.Execute(&out, struct{ Script, Style string }{base + "/" + r.script.Name, base + "/" + r.style.Name})
	if err != nil {
		return fmt.Errorf("making the video room's page: %w", err)
	}
	r.html = out.Bytes()
	return nil
}

const (
	// cdn is where Zoom documents the toolkit to be.
	cdn = "https://source.zoom.us"
	// backupCDN is where the SDK looks for its files when it does not find them
	// there; Zoom's policy names it.
	backupCDN = "https://dmogdx0jrul3u.cloudfront.net"
)

// toolkit returns the folder of the toolkit's files, with a slash: a path of the
// site's own where the site serves them.
func (s Settings) toolkit() string {
	from := cdn
	if s.ZoomPath != "" {
		from = s.ZoomPath
	}
	return from + "/uitoolkit/" + s.Toolkit + "/"
}

// policy is the page's Content-Security-Policy.
//
// Zoom documents one for its web SDKs, in "Browser support" of the Video SDK's
// pages (developers.zoom.us/docs/video-sdk/web/browser-support/#content-security-policy-header).
// Ours has what it has, and leaves out what this page can do without: inline
// scripts, images and fonts from everywhere, and 'unsafe-eval', for which that page
// names 'wasm-unsafe-eval' as a substitute (Chrome 97, Firefox 102, Safari 16). The
// toolkit's components bring styles of their own, hence 'unsafe-inline' for
// styles. No text of another person ever becomes markup in our own script.
func policy(s Settings) string {
	const fixed = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
	if s.ZoomPath != "" {
		// The stand-in is ours, and so is all that it loads.
		return fixed + "script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data: blob:; " +
			"media-src 'self' blob:; font-src 'self'; worker-src 'self' blob:"
	}
	return fixed + "script-src 'self' https://zoom.us https://*.zoom.us " + backupCDN + " blob: 'wasm-unsafe-eval'; " +
		"style-src 'self' https://*.zoom.us 'unsafe-inline'; " +
		"connect-src 'self' https://zoom.us https://*.zoom.us wss://*.zoom.us; " +
		"img-src 'self' https://*.zoom.us data: blob:; media-src 'self' https://*.zoom.us data: blob:; " +
		"font-src 'self' https://*.zoom.us data:; worker-src 'self' blob:"
}

// HTML returns the page, to be served as "text/html; charset=utf-8" with
// [Room.CSP], [Room.PermissionsPolicy], [Room.OpenerPolicy] and Cache-Control:
// no-store. It is the same for everybody, and holds nothing that is anybody's.
func (r *Room) HTML() []byte { return r.html }

// Script returns the page's script, to be served as {Base}/Name.
func (r *Room) Script() *File { return r.script }

// Style returns the page's style sheet, to be served as {Base}/Name.
func (r *Room) Style() *File { return r.style }

// CSP returns the value of Content-Security-Policy.
func (r *Room) CSP() string { return r.csp }

// OpenerPolicy returns the value of Cross-Origin-Opener-Policy.
func (r *Room) OpenerPolicy() string { return r.opener }

// PermissionsPolicy returns the value of Permissions-Policy: what a call needs,
// for this page and for no frame in it.
func (r *Room) PermissionsPolicy() string {
	return "camera=(self), microphone=(self), display-capture=(self), autoplay=(self), fullscreen=(self), geolocation=(), payment=(), usb=()"
}
