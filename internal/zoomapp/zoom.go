package zoomapp

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode/utf16"
)

// Zoom's addresses, unless configured: other regions and clouds have others.
const (
	DefaultOAuthBase = "https://zoom.us"
	DefaultAPIBase   = "https://api.zoom.us"
)

// MaxAction is the longest action of a deep link, in UTF-16 code units (Zoom,
// "Deep linking").
const MaxAction = 256

// Errors of a [Zoom].
var (
	// ErrAction means that an action is longer than [MaxAction].
	ErrAction = fmt.Errorf("deep link action is longer than %d characters", MaxAction)
	// ErrZoom means that Zoom refused, did not answer, or answered nonsense.
	ErrZoom = errors.New("zoom did not answer as expected")
)

// refusal is an answer of Zoom's that says no. It is [ErrZoom].
type refusal struct {
	status int
	code   string // of RFC 6749, section 5.2, or ""
}

// Error tells the status and the code: the rest of the answer might hold a token.
func (r *refusal) Error() string {
	return fmt.Sprintf("%v: status %d, %s", ErrZoom, r.status, cmp.Or(r.code, "no error code"))
}

// Unwrap makes it one of [ErrZoom].
func (r *refusal) Unwrap() error { return ErrZoom }

// ends reports whether a refused refresh means that the token is of no use any
// more. RFC 6749 has invalid_grant for that, and Zoom has sent invalid_request
// ("Invalid Token!") as well; what is wrong with the client's own credentials has
// other codes, and is no reason to forget anything.
func (r *refusal) ends() bool { return r.code == "invalid_grant" || r.code == "invalid_request" }

// maxReply bounds what is read of an answer of Zoom's.
const maxReply = 64 << 10

// Tokens are what Zoom hands out for a code. They never appear in a log or error.
type Tokens struct {
	Access  string `json:"access"`
	Refresh string `json:"refresh"`
	// Expires is the end of Access.
	Expires time.Time `json:"expires"`
}

// Format hides the tokens from every verb of package fmt.
func (Tokens) Format(state fmt.State, _ rune) {
	_, _ = io.WriteString(state, "zoomapp.Tokens(hidden)")
}

// User is what Zoom's API says about the user of a token.
type User struct {
	// ID is the uid of contexts.
	ID          string `json:"id"`
	DisplayName string `json:"display_name"`
	Email       string `json:"email"`
}

// ZoomConfig configures a [Zoom].
type ZoomConfig struct {
	// ClientID and ClientSecret are the app's credentials.
	ClientID     string
	ClientSecret string `json:"-"`
	// OAuthBase and APIBase are Zoom's addresses without path. Default
	// [DefaultOAuthBase] and [DefaultAPIBase].
	OAuthBase, APIBase string
	// Client makes the requests; nil means one that waits 10 seconds and follows
	// no redirect.
	Client *http.Client
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Zoom is what the flows ask of Zoom. It is safe for concurrent use.
type Zoom struct {
	id, secret string
	oauth, api string
	client     *http.Client
	now        func() time.Time
}

// NewZoom returns a Zoom, and refuses addresses that are none.
func NewZoom(c ZoomConfig) (*Zoom, error) {
	// The credentials are those of contexts, and so are the rules for them.
	if _, err := NewSealer(c.ClientID, c.ClientSecret, c.Now); err != nil {
		return nil, err
	}
	oauth, err := base("oauth_base", c.OAuthBase, DefaultOAuthBase)
	if err != nil {
		return nil, err
	}
	api, err := base("api_base", c.APIBase, DefaultAPIBase)
	if err != nil {
		return nil, err
	}
	z := &Zoom{id: c.ClientID, secret: c.ClientSecret, oauth: oauth, api: api, client: c.Client, now: c.Now}
	if z.client == nil {
		z.client = &http.Client{
			Timeout:       10 * time.Second,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	if z.now == nil {
		z.now = time.Now
	}
	return z, nil
}

// base checks an address of Zoom's.
func base(name, value, fallback string) (string, error) {
	value = cmp.Or(value, fallback)
	u, err := url.Parse(value)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.Scheme+"://"+u.Host != value {
		return "", fmt.Errorf("zoomapp %s %q is not an address: write it like %s, without a path", name, value, fallback)
	}
	return value, nil
}

// AuthorizeURL is where a user is asked to install the app (RFC 6749, section
// 4.1.1, with RFC 7636).
func (z *Zoom) AuthorizeURL(redirectURL, state, challenge string) string {
	return z.oauth + "/oauth/authorize?" + url.Values{
		"response_type":         {"code"},
		"client_id":             {z.id},
		"redirect_uri":          {redirectURL},
		"code_challenge":        {challenge},
		"code_challenge_method": {"S256"},
		"state":                 {state},
	}.Encode()
}

// Exchange redeems a code. The redirect URL is the one that the user was sent
// away with.
func (z *Zoom) Exchange(ctx context.Context, code, verifier, redirectURL string) (Tokens, error) {
	return z.token(ctx, url.Values{
		"grant_type":    {"authorization_code"},
		"code":          {code},
		"code_verifier": {verifier},
		"redirect_uri":  {redirectURL},
	})
}

// Refresh redeems a refresh token, which is good once: the new one must be kept.
func (z *Zoom) Refresh(ctx context.Context, refreshToken string) (Tokens, error) {
	return z.token(ctx, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refreshToken}})
}

func (z *Zoom) token(ctx context.Context, form url.Values) (Tokens, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, z.oauth+"/oauth/token", strings.NewReader(form.Encode()))
	if err != nil {
		return Tokens{}, fmt.Errorf("asking Zoom for a token: %w", err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(z.id, z.secret)
	var reply struct {
		AccessToken  string `json:"access_token"`
		TokenType    string `json:"token_type"`
		RefreshToken string `json:"refresh_token"`
		ExpiresIn    int64  `json:"expires_in"`
	}
	if err := z.do(r, &reply); err != nil {
		return Tokens{}, fmt.Errorf("asking Zoom for a token: %w", err)
	}
	const year = 365 * 24 * 60 * 60
	if reply.AccessToken == "" || !strings.EqualFold(reply.TokenType, "bearer") || reply.ExpiresIn < 0 || reply.ExpiresIn > year {
		return Tokens{}, fmt.Errorf("asking Zoom for a token: %w: no bearer token in the answer", ErrZoom)
	}
	return Tokens{reply.AccessToken, reply.RefreshToken, z.now().Add(time.Duration(reply.ExpiresIn) * time.Second)}, nil
}

// Me says whose an access token is (GET /v2/users/me).
func (z *Zoom) Me(ctx context.Context, accessToken string) (User, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, z.api+"/v2/users/me", nil)
	if err != nil {
		return User{}, fmt.Errorf("asking Zoom for the user: %w", err)
	}
	r.Header.Set("Authorization", "Bearer "+accessToken)
	var user User
	if err := z.do(r, &user); err != nil {
		return User{}, fmt.Errorf("asking Zoom for the user: %w", err)
	}
	if user.ID == "" {
		return User{}, fmt.Errorf("asking Zoom for the user: %w: no id in the answer", ErrZoom)
	}
	return user, nil
}

// DeepLink asks for a link that opens the app in the user's client (POST
// /v2/zoomapp/deeplink). The action arrives as act in the context. The error may
// be [ErrAction].
func (z *Zoom) DeepLink(ctx context.Context, accessToken, action string) (string, error) {
	if len(utf16.Encode([]rune(action))) > MaxAction {
		return "", ErrAction
	}
	body, err := json.Marshal(map[string]string{"action": action})
	if err != nil {
		return "", fmt.Errorf("asking Zoom for a deep link: %w", err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, z.api+"/v2/zoomapp/deeplink", bytes.NewReader(body))
	if err != nil {
		return "", fmt.Errorf("asking Zoom for a deep link: %w", err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+accessToken)
	var reply struct {
		DeepLink string `json:"deeplink"`
	}
	if err := z.do(r, &reply); err != nil {
		return "", fmt.Errorf("asking Zoom for a deep link: %w", err)
	}
	if u, err := url.Parse(reply.DeepLink); err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
		return "", fmt.Errorf("asking Zoom for a deep link: %w: no https link in the answer", ErrZoom)
	}
	return reply.DeepLink, nil
}

// errorCode is what a code of RFC 6749, section 5.2, looks like.
var errorCode = regexp.MustCompile(`^[a-z_]{1,40}$`)

// do sends a request and decodes the answer. Nothing of the answer gets into the
// error but its status and an error code: the rest might hold a token.
func (z *Zoom) do(r *http.Request, into any) error {
	r.Header.Set("Accept", "application/json")
	response, err := z.client.Do(r)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrZoom, err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxReply+1))
	switch {
	case err != nil:
		return fmt.Errorf("%w: reading the answer: %w", ErrZoom, err)
	case len(body) > maxReply:
		return fmt.Errorf("%w: the answer is larger than %d bytes", ErrZoom, maxReply)
	case response.StatusCode < 200 || response.StatusCode > 299: // 201 for deep links
		var said struct{ Error string }
		if json.Unmarshal(body, &said) != nil || !errorCode.MatchString(said.Error) {
			said.Error = ""
		}
		return &refusal{response.StatusCode, said.Error}
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("%w: the answer is no JSON of the expected form", ErrZoom)
	}
	return nil
}
