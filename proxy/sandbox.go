package proxy

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/sandbox"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/token"
)

// SandboxKey is the SDK key of a [Sandbox] that was given none.
const SandboxKey = "sandbox"

// sandboxFolder is where a middleware serves its sandbox, below its prefix.
const sandboxFolder = "sandbox"

// Sandbox stands in for Zoom's service, in this process and without an
// account: it serves what a browser sees of Zoom, and really mirrors pages.
// Customers and agents read "sandbox" wherever they look. It holds the sessions,
// in memory, and so outlives a [Middleware] that is replaced by another one with
// the same credentials; whoever made it closes it.
type Sandbox struct {
	service *sandbox.Service
	key     string
	secrets []string
}

// NewSandbox starts a sandbox for sites with the given configuration, of which
// it uses SDKKey, SDKSecrets, Origins, ClientIP, Logger and Now. Where both
// credentials are missing it makes its own, which [New] then takes over from
// Config.Sandbox: the secret is random and never leaves the process.
//
// That the program was built without the sandbox's browser bundle is an error,
// which says how to make it.
func NewSandbox(cfg Config) (*Sandbox, error) {
	if err := sandbox.Bundled(); err != nil {
		return nil, err
	}
	if cfg.SDKKey == "" && len(cfg.SDKSecrets) == 0 {
		cfg.SDKKey, cfg.SDKSecrets = SandboxKey, []string{rand.Text() + rand.Text()}
	}
	cfg.setDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	minter, err := token.New(token.Config{Key: cfg.SDKKey, Secrets: cfg.SDKSecrets, Now: cfg.Now})
	if err != nil {
		return nil, fmt.Errorf("sdk_key, sdk_secret: %w", err)
	}
	service, err := sandbox.New(sandbox.Config{
		Key:            cfg.SDKKey,
		Verify:         verifyWith(minter),
		AllowedOrigins: cfg.Origins,
		ClientIP:       cfg.ClientIP,
		Now:            cfg.Now,
		Logger:         cfg.Logger,
	})
	if err != nil {
		return nil, err
	}
	return &Sandbox{service: service, key: cfg.SDKKey, secrets: cfg.SDKSecrets}, nil
}

// verifyWith checks tokens as Zoom would. The name of a user of whom nothing but
// a made-up ID is known is "Customer", which is what agents would call them.
func verifyWith(minter *token.Minter) func(string) (sandbox.Claims, error) {
	return func(signed string) (sandbox.Claims, error) {
		c, err := minter.Verify(signed)
		if c.Role == token.RoleCustomer && c.UserName == c.UserID {
			c.UserName = "Customer"
		}
		return sandbox.Claims{Role: int(c.Role), UserID: c.UserID, UserName: c.UserName}, err
	}
}

// ServeHTTP serves what Zoom's host serves, at the root. A middleware that is
// given the sandbox serves the same below its own prefix; programs that map
// Zoom's host names to themselves, as tests do, mount it here.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.service.ServeHTTP(w, r) }

// Sessions returns how many sessions there are.
func (s *Sandbox) Sessions() int { return s.service.Sessions() }

// Shutdown ends all connections and forgets all sessions. It returns when that
// is done, or with the context's error.
func (s *Sandbox) Shutdown(ctx context.Context) error { return s.service.Shutdown(ctx) }

// Close is Shutdown without a limit.
func (s *Sandbox) Close() error { return s.service.Close() }

// useSandbox takes over the sandbox's credentials where the operator named
// none, and refuses others: the sandbox would turn every token down.
func (c *Config) useSandbox() error {
	switch {
	case c.Sandbox == nil:
		return nil
	case c.SDKKey == "" && len(c.SDKSecrets) == 0:
		c.SDKKey, c.SDKSecrets = c.Sandbox.key, slices.Clone(c.Sandbox.secrets)
	case c.SDKKey != c.Sandbox.key || !slices.Equal(c.SDKSecrets, c.Sandbox.secrets):
		return errors.New("the sandbox was made with other credentials than sdk_key and sdk_secret: make it of the same configuration")
	}
	return nil
}

// zoomPath is where the site itself serves what stands in for Zoom's host, or
// "" where Zoom's host does.
func (c *Config) zoomPath() string {
	if c.Sandbox == nil {
		return ""
	}
	return c.Path + "/" + sandboxFolder
}

// sdkPath is the path of the SDK's script on the site, or "".
func (c *Config) sdkPath() string {
	if c.Sandbox == nil {
		return ""
	}
	return c.zoomPath() + "/static/resource/sdk/" + url.PathEscape(c.SDKKey) + "/js/" + c.SDKVersion
}

// serveSandbox serves the sandbox's part of our paths: rest is what follows its
// folder, and sent the URL as the client sent it.
func serveSandbox(s *Sandbox, w http.ResponseWriter, r *http.Request, sent *url.URL, rest string) {
	inner := *sent
	inner.Path, inner.RawPath = "/"+strings.TrimPrefix(rest, "/"), ""
	r2 := r.Clone(r.Context())
	r2.URL = &inner
	s.ServeHTTP(w, r2)
}
