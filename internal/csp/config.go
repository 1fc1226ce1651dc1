package csp

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// DefaultSDKHost is the host that serves Zoom's SDK in all of Zoom's current
// documentation and samples.
const DefaultSDKHost = "us01-zcb.zoom.us"

// DefaultBase is the prefix under which our own endpoints are served.
const DefaultBase = "/_cobrowse"

// ErrConfig is wrapped by every error of [New].
var ErrConfig = errors.New("invalid csp configuration")

// Config is what an [Editor] must know.
type Config struct {
	// SDKHost serves Zoom's SDK: a host, with a port where it isn't 443, without
	// scheme. Empty means [DefaultSDKHost]. For a host below zoom.us the
	// connections, images and so on of all of *.zoom.us are allowed, since the
	// SDK uses several hosts there; for another host only that host.
	SDKHost string
	// SDKPath serves the SDK from the page's own origin, where a stand-in for
	// Zoom's service is: the path of its script. SDKHost is not used then. The
	// stand-in has all that it fetches, its WebSocket included, below Base.
	SDKPath string
	// Base is the path prefix of our own endpoints, without trailing slash.
	// Empty means [DefaultBase].
	Base string
	// Scripts are the files of ours that a page runs. The first is the loader,
	// which the tag in the page names; the loader inserts the others.
	Scripts []Script
	// Allow are the operator's switches: sources that are added only because
	// the operator asked for them.
	Allow []Switch
}

// Script is a script file of ours.
type Script struct {
	// Path is the file's absolute path on the site, such as
	// "/_cobrowse/loader-4f1c.js".
	Path string
	// Integrity is the file's digest as a script element's integrity attribute
	// has it: sha256-, sha384- or sha512- and base64 (W3C Subresource
	// Integrity). Required for the loader, ignored for the others.
	Integrity string
}

// Switch is a source that is added only where the operator asks for it.
type Switch string

// The switches.
const (
	// UnsafeInlineStyle adds 'unsafe-inline' for style sheets and style
	// attributes. Browsers ignore it beside a nonce or a hash; there it isn't
	// added, and [Plan.Degraded] says so.
	UnsafeInlineStyle Switch = "unsafe_inline_style"
	// DataImg adds data: for images.
	DataImg Switch = "data_img"
	// BlobImg adds blob: for images.
	BlobImg Switch = "blob_img"
	// DataFont adds data: for fonts.
	DataFont Switch = "data_font"
	// BlobWorker adds blob: for workers.
	BlobWorker Switch = "blob_worker"
	// UnsafeEval adds 'unsafe-eval'.
	UnsafeEval Switch = "unsafe_eval"
	// TrustedTypes injects into pages that require Trusted Types as well. Our
	// own scripts comply; whether Zoom's SDK does is not known.
	TrustedTypes Switch = "trusted_types"
)

// TrustedTypesPolicy is the name of the one Trusted Types policy that our
// scripts create. It is added wherever a policy lists the permitted names.
const TrustedTypesPolicy = "cobrowse-loader"

// Switches returns all switches, in the order in which documentation lists them.
func Switches() []Switch {
	return []Switch{UnsafeInlineStyle, DataImg, BlobImg, DataFont, BlobWorker, UnsafeEval, TrustedTypes}
}

// Editor edits the policies of responses. Nothing that it answers depends on
// what came before: it only remembers the plans for policies that a site sends
// again and again. It is safe for concurrent use.
type Editor struct {
	scripts      []source // the loader, the other scripts, Zoom's SDK
	digest       []source // the loader's hash-source
	integrity    string   // of the loader
	needs        []need
	trustedTypes bool
	memory       memory
}

// New returns an editor. It refuses a configuration that would write a broken
// policy: an SDKHost that isn't a host, a path that has characters with a
// meaning in a policy, a loader without integrity, an unknown switch. Its
// errors wrap [ErrConfig].
func New(cfg Config) (*Editor, error) {
	cfg.setDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	e := &Editor{
		integrity:    cfg.Scripts[0].Integrity,
		digest:       []source{digest(cfg.Scripts[0].Integrity)},
		needs:        needs(&cfg),
		trustedTypes: slices.Contains(cfg.Allow, TrustedTypes),
	}
	for _, s := range cfg.Scripts {
		e.scripts = append(e.scripts, ours(s.Path))
	}
	e.scripts = append(e.scripts, cfg.sdk())
	return e, nil
}

// sdk is the script of Zoom's, or of what stands in for it.
func (c *Config) sdk() source {
	if c.SDKPath != "" {
		return ours(c.SDKPath)
	}
	return remote("https", c.SDKHost)
}

func (c *Config) setDefaults() {
	if c.SDKHost == "" {
		c.SDKHost = DefaultSDKHost
	}
	if c.Base == "" {
		c.Base = DefaultBase
	}
}

func (c *Config) validate() error {
	host, port, hasPort := strings.Cut(c.SDKHost, ":")
	if !isHost(host) || hasPort && !isPort(port) {
		return fmt.Errorf("%w: SDKHost %q: want a host name, optionally with a port", ErrConfig, c.SDKHost)
	}
	if c.SDKPath != "" && !isPath(c.SDKPath) {
		return fmt.Errorf("%w: SDKPath %q: want an absolute path of letters, digits and -._~", ErrConfig, c.SDKPath)
	}
	if !isPath(c.Base) {
		return fmt.Errorf("%w: Base %q: want a path such as %q", ErrConfig, c.Base, DefaultBase)
	}
	if len(c.Scripts) == 0 {
		return fmt.Errorf("%w: Scripts: want the loader first", ErrConfig)
	}
	for _, s := range c.Scripts {
		if !isPath(s.Path) {
			return fmt.Errorf("%w: script path %q: want an absolute path of letters, digits and -._~", ErrConfig, s.Path)
		}
	}
	if loader := c.Scripts[0]; !isIntegrity(loader.Integrity) {
		return fmt.Errorf("%w: script %s: integrity %q: want sha256-, sha384- or sha512- and a digest in base64",
			ErrConfig, loader.Path, loader.Integrity)
	}
	for _, s := range c.Allow {
		if !slices.Contains(Switches(), s) {
			return fmt.Errorf("%w: unknown switch %q: want one of %v", ErrConfig, s, Switches())
		}
	}
	return nil
}

// isPath says whether a path can stand in a policy and in HTML as it is:
// segments of RFC 3986's unreserved characters, no slash at the end.
func isPath(path string) bool {
	if path == "" || path[0] != '/' {
		return false
	}
	for segment := range strings.SplitSeq(path[1:], "/") {
		if segment == "" || segment == "." || segment == ".." {
			return false
		}
		for i := range len(segment) {
			if c := segment[i]; !isAlphanumeric(c) && !strings.ContainsRune("-._~", rune(c)) {
				return false
			}
		}
	}
	return true
}

// isIntegrity says whether s is one digest of full length, without the options
// that Subresource Integrity allows after it.
func isIntegrity(s string) bool {
	sizes := map[string]int{"sha256": 32, "sha384": 48, "sha512": 64}
	algorithm, encoded, _ := strings.Cut(s, "-")
	digest, err := base64.StdEncoding.DecodeString(encoded)
	return err == nil && len(digest) > 0 && len(digest) == sizes[algorithm]
}
