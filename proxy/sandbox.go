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

// SandboxKey is the SDK key of a [Sandbox] that was given none, and
// SandboxVideoKey the one of the Video SDK.
const (
	SandboxKey      = "sandbox"
	SandboxVideoKey = "sandbox-video"
)

// sandboxFolder is where a middleware serves its sandbox, below its prefix.
const sandboxFolder = "sandbox"

// Sandbox stands in for Zoom's service, in this process and without an
// account: it serves what a browser sees of Zoom, and really mirrors pages, and
// connects two browsers by video.
// Customers and agents read "sandbox" wherever they look. It holds the sessions,
// in memory, and so outlives a [Middleware] that is replaced by another one with
// the same credentials; whoever made it closes it.
type Sandbox struct {
	service          *sandbox.Service
	cobrowse, videos pairOfKeys
}

// pairOfKeys is an SDK's key and secrets; the first signs.
type pairOfKeys struct {
	key     string
	secrets []string
}

// orNew is the credentials themselves, or made-up ones where both are missing.
func (p pairOfKeys) orNew(key string) pairOfKeys {
	if p.missing() {
		return pairOfKeys{key, []string{rand.Text() + rand.Text()}}
	}
	return p
}

func (p pairOfKeys) missing() bool { return p.key == "" && len(p.secrets) == 0 }

func (p pairOfKeys) equal(other pairOfKeys) bool {
	return p.key == other.key && slices.Equal(p.secrets, other.secrets)
}

// videoKeys are the credentials of the Video SDK, if any.
func (c *Config) videoKeys() pairOfKeys {
	if c.Video == nil {
		return pairOfKeys{}
	}
	return pairOfKeys{c.Video.SDKKey, c.Video.SDKSecrets}
}

// NewSandbox starts a sandbox for sites with the given configuration, of which
// it uses SDKKey, SDKSecrets, Video, Origins, ClientIP, Logger and Now. Where both
// credentials of an SDK are missing it makes its own, which [New] then takes over
// from Config.Sandbox: the secrets are random and never leave the process.
//
// That the program was built without the sandbox's browser bundle is an error,
// which says how to make it.
func NewSandbox(cfg Config) (*Sandbox, error) {
	if err := sandbox.Bundled(); err != nil {
		return nil, err
	}
	s := &Sandbox{
		cobrowse: pairOfKeys{cfg.SDKKey, cfg.SDKSecrets}.orNew(SandboxKey),
		videos:   cfg.videoKeys().orNew(SandboxVideoKey),
	}
	cfg.SDKKey, cfg.SDKSecrets = s.cobrowse.key, s.cobrowse.secrets
	cfg.setDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	minter, err := token.New(token.Config{Key: s.cobrowse.key, Secrets: s.cobrowse.secrets, Now: cfg.Now})
	if err != nil {
		return nil, fmt.Errorf("sdk_key, sdk_secret: %w", err)
	}
	videos, err := token.NewVideo(token.Config{Key: s.videos.key, Secrets: s.videos.secrets, Now: cfg.Now})
	if err != nil {
		return nil, fmt.Errorf("video_tokens sdk_key, sdk_secret: %w", err)
	}
	s.service, err = sandbox.New(sandbox.Config{
		Key:            s.cobrowse.key,
		Verify:         verifyWith(minter),
		VerifyVideo:    verifyVideoWith(videos),
		AllowedOrigins: cfg.Origins,
		ClientIP:       cfg.ClientIP,
		Now:            cfg.Now,
		Logger:         cfg.Logger,
	})
	if err != nil {
		return nil, err
	}
	return s, nil
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

// verifyVideoWith checks signatures as Zoom would.
func verifyVideoWith(minter *token.VideoMinter) func(string) (sandbox.VideoClaims, error) {
	return func(signed string) (sandbox.VideoClaims, error) {
		c, err := minter.Verify(signed)
		return sandbox.VideoClaims{Session: c.SessionName, Host: c.Role == token.RoleHost, Identity: c.UserIdentity}, err
	}
}

// ServeHTTP serves what Zoom's hosts serve, at the root. A middleware that is
// given the sandbox serves the same below its own prefix; programs that map
// Zoom's host names to themselves, as tests do, mount it here.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.service.ServeHTTP(w, r) }

// Sessions returns how many Cobrowse sessions there are.
func (s *Sandbox) Sessions() int { return s.service.Sessions() }

// VideoSessions returns how many video sessions there are.
func (s *Sandbox) VideoSessions() int { return s.service.VideoSessions() }

// Shutdown ends all connections and forgets all sessions. It returns when that
// is done, or with the context's error.
func (s *Sandbox) Shutdown(ctx context.Context) error { return s.service.Shutdown(ctx) }

// Close is Shutdown without a limit.
func (s *Sandbox) Close() error { return s.service.Close() }

// useSandbox takes over the sandbox's credentials where the operator named
// none, and refuses others: the sandbox would turn every token down.
func (c *Config) useSandbox() error {
	if c.Sandbox == nil {
		return nil
	}
	switch own := (pairOfKeys{c.SDKKey, c.SDKSecrets}); {
	case own.missing():
		c.SDKKey, c.SDKSecrets = c.Sandbox.cobrowse.key, slices.Clone(c.Sandbox.cobrowse.secrets)
	case !own.equal(c.Sandbox.cobrowse):
		return errors.New("the sandbox was made with other credentials than sdk_key and sdk_secret: make it of the same configuration")
	}
	if c.Video == nil {
		return nil
	}
	switch own := c.videoKeys(); {
	case own.missing():
		video := *c.Video // the caller's stays as it is
		video.SDKKey, video.SDKSecrets = c.Sandbox.videos.key, slices.Clone(c.Sandbox.videos.secrets)
		c.Video = &video
	case !own.equal(c.Sandbox.videos):
		return errors.New("the sandbox was made with other credentials than those of video_tokens: make it of the same configuration")
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
