package sandbox

import (
	"bytes"
	"compress/gzip"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strconv"
	"strings"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/asset"
)

// bundle holds what `make sandbox` made, beside a placeholder that is always
// there.
//
//go:embed dist
var bundle embed.FS

//go:embed NOTICE-rrweb.txt
var notice string

// ErrNoBundle means that the scripts were not built into this program.
var ErrNoBundle = errors.New("the sandbox's browser bundle is missing: run `make sandbox`, which needs npm, and build again")

// Bundled returns [ErrNoBundle] where this program was built without the
// scripts that browsers need.
func Bundled() error {
	if _, err := bundle.ReadFile("dist/sdk.js"); err != nil {
		return ErrNoBundle
	}
	return nil
}

// file is a static file with its compressed form.
type file struct {
	kind, tag  string
	body, gzip []byte
}

// files are all that is served but the socket and the desk's page.
type files struct {
	sdk, deskJS, deskCSS, notice *file
	toolkitJS, toolkitCSS        *file
	missing                      bool
	csp                          string
}

const (
	jsKind   = "text/javascript; charset=utf-8"
	cssKind  = "text/css; charset=utf-8"
	textKind = "text/plain; charset=utf-8"
)

// noBundle is the SDK of a program that was built without it: it fails the way
// Zoom's does, and tells developers why.
const noBundle = `(() => {
  const why = %q;
  console.error('cobrowse sandbox: ' + why);
  const init = (_, done) => done && done({success: false, error: {code: 1001, errorMsg: why}});
  const args = window.ZoomCobrowseSDKInitArgs;
  window.ZoomCobrowseSDK = {init};
  if (args) init(...args);
})();
`

func loadFiles(from fs.FS, c *Config) (*files, error) {
	f := &files{csp: deskPolicy(c.AllowedOrigins), notice: newFile(textKind, []byte(notice))}
	if _, err := fs.Stat(from, "dist/sdk.js"); errors.Is(err, fs.ErrNotExist) {
		f.missing = true
		f.sdk = newFile(jsKind, fmt.Appendf(nil, noBundle, ErrNoBundle.Error()))
		return f, nil
	}
	for name, to := range map[string]**file{
		"sdk.js": &f.sdk, "desk.js": &f.deskJS, "desk.css": &f.deskCSS, "toolkit.js": &f.toolkitJS, "toolkit.css": &f.toolkitCSS,
	} {
		body, err := fs.ReadFile(from, "dist/"+name)
		if err != nil {
			return nil, fmt.Errorf("reading the bundle, which `make sandbox` makes anew: %w", err)
		}
		kind := cssKind
		if strings.HasSuffix(name, ".js") {
			kind = jsKind
		}
		switch name {
		case "sdk.js":
			if body, err = asset.Fill(body, "__COBROWSE_SANDBOX__", map[string]any{"pinField": c.PINField}); err != nil {
				return nil, fmt.Errorf("preparing the sandbox's SDK: %w", err)
			}
			body = withNotice(body)
		case "desk.js":
			body = withNotice(body)
		}
		*to = newFile(kind, body)
	}
	return f, nil
}

// withNotice puts the licences of what is bundled in front, as they ask for.
func withNotice(body []byte) []byte {
	return append([]byte("/*\n"+notice+"*/\n"), body...)
}

func newFile(kind string, body []byte) *file {
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	_, _ = w.Write(body) // a buffer takes everything
	_ = w.Close()
	return &file{kind: kind, tag: `"` + asset.Hash(body) + `"`, body: body, gzip: buf.Bytes()}
}

// serve answers with the file. Scripts may be loaded from any site, as Zoom's
// SDK is.
func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cache-Control", "no-cache")
	h.Set("Vary", "Accept-Encoding")
	h.Set("Etag", f.tag)
	if r.Header.Get("If-None-Match") == f.tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := f.body
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = f.gzip
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}
