package proxy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/token"
)

// MintOptions say which token [MintToken] writes.
type MintOptions struct {
	// SDKKey and SDKSecret are the credentials.
	SDKKey    string
	SDKSecret string `json:"-"`
	// Role is "customer" or "agent".
	Role string
	// UserID and UserName may be empty: then they are random, and the same.
	UserID, UserName string
	// TTL is whole seconds from 30 minutes, the default, to 48 hours.
	TTL time.Duration
	// BYOP adds enable_byop.
	BYOP bool
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// MintToken writes a token and a line end. Whoever calls it has the secret, so
// that no identity is asked for.
func MintToken(w io.Writer, o MintOptions) error {
	roles := map[string]token.Role{"customer": token.RoleCustomer, "agent": token.RoleAgent}
	role, ok := roles[o.Role]
	if !ok {
		return fmt.Errorf("role %q is unknown: it is customer or agent", o.Role)
	}
	minter, err := token.New(token.Config{Key: o.SDKKey, Secrets: []string{o.SDKSecret}, BYOP: o.BYOP, Now: o.Now})
	if err != nil {
		return fmt.Errorf("credentials: %w", err)
	}
	setDefault(&o.TTL, token.MinLifetime)
	signed, err := minter.Mint(token.Grant{Role: role, UserID: o.UserID, UserName: o.UserName, Lifetime: o.TTL})
	if err != nil {
		return fmt.Errorf("minting the token: %w", err)
	}
	_, err = fmt.Fprintln(w, signed)
	return err
}

// InspectOptions say what [InspectToken] checks a token with.
type InspectOptions struct {
	// SDKKey and SDKSecret are the credentials of the SDK that the token is for.
	// Without a secret the signature is not checked.
	SDKKey    string
	SDKSecret string `json:"-"`
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// ErrTokenRefused means that Zoom would refuse the inspected token.
var ErrTokenRefused = errors.New("zoom would refuse this token")

// InspectToken writes what a Cobrowse token or a Video SDK signature says, and
// whether it is good. It never writes the token's signature, so that what it
// writes can be shown to others. The error is [ErrTokenRefused] with the reason, or
// one of the options or of w.
func InspectToken(w io.Writer, signed string, o InspectOptions) error {
	signed = strings.TrimSpace(signed)
	in, err := token.Inspect(signed)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrTokenRefused, err)
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "%s\n", in.Kind)
	for _, part := range []struct {
		name string
		raw  json.RawMessage
	}{{"header", in.Header}, {"claims", in.Claims}} {
		fmt.Fprintf(&out, "%s ", part.name)
		if err := json.Indent(&out, printable(part.raw), "", "  "); err != nil {
			return fmt.Errorf("%w: %w", ErrTokenRefused, err)
		}
		out.WriteByte('\n')
	}
	writeTimes(&out, in.Claims)
	verdict, refused := verifyInspected(in, signed, o)
	fmt.Fprintf(&out, "%s\n", verdict)
	if _, err := w.Write(out.Bytes()); err != nil {
		return err
	}
	return refused
}

// printable escapes what JSON lets stand in a string, but a terminal would act on:
// control characters and the formatting characters that turn text around.
func printable(raw json.RawMessage) []byte {
	var out []byte
	for _, r := range string(raw) {
		if r != '\n' && r != '\r' && r != '\t' && unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			out = fmt.Appendf(out, `\u%04x`, r)
			continue
		}
		out = utf8.AppendRune(out, r)
	}
	return out
}

// writeTimes writes iat and exp for people.
func writeTimes(out *bytes.Buffer, claims json.RawMessage) {
	var times struct{ Iat, Exp json.Number }
	if json.Unmarshal(claims, &times) != nil {
		return // of another type: the verdict says so
	}
	for _, t := range []struct {
		name   string
		number json.Number
	}{{"issued", times.Iat}, {"expires", times.Exp}} {
		if seconds, err := t.number.Int64(); err == nil {
			fmt.Fprintf(out, "%-8s%s\n", t.name, time.Unix(seconds, 0).UTC().Format(time.RFC3339))
		}
	}
}

// verifyInspected checks a token as Zoom documents it.
func verifyInspected(in token.Inspection, signed string, o InspectOptions) (verdict string, err error) {
	if o.SDKSecret == "" {
		return "not checked: no SDK secret given", nil
	}
	config := token.Config{Key: o.SDKKey, Secrets: []string{o.SDKSecret}, Now: o.Now}
	switch in.Kind {
	case token.KindVideo:
		minter, errNew := token.NewVideo(config)
		if errNew != nil {
			return "not checked", fmt.Errorf("credentials: %w", errNew)
		}
		_, err = minter.Verify(signed)
	default:
		minter, errNew := token.New(config)
		if errNew != nil {
			return "not checked", fmt.Errorf("credentials: %w", errNew)
		}
		_, err = minter.Verify(signed)
	}
	if err != nil {
		return "refused: " + err.Error(), fmt.Errorf("%w: %w", ErrTokenRefused, err)
	}
	return "good: signature, claims and times are as Zoom wants them", nil
}
