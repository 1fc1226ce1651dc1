package token

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"testing"
)

func TestInspect(t *testing.T) {
	encode := base64.RawURLEncoding.EncodeToString
	const header = `{"alg":"none"}`
	tests := []struct {
		name, token string
		kind        Kind
	}{
		{"cobrowse", mustMint(t, newTestMinter(t), Grant{Role: RoleCustomer, Lifetime: MinLifetime}), KindCobrowse},
		{"video, unsigned", encode([]byte(header)) + "." + encode([]byte(`{"tpc":"a"}`)) + ".", KindVideo},
		{"neither", encode([]byte(header)) + "." + encode([]byte(`{}`)) + ".x", KindUnknown},
		{"both", encode([]byte(header)) + "." + encode([]byte(`{"tpc":"a","user_id":"u"}`)) + ".x", KindUnknown},
		{"two parts", "e30.e30", ""},
		{"no object", encode([]byte(header)) + "." + encode([]byte(`null`)) + ".", ""},
		{"no base64", "e30.=.", ""},
		{"empty", "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := Inspect(test.token)
			if got.Kind != test.kind || (err == nil) != (test.kind != "") || err != nil && !errors.Is(err, ErrTokenMalformed) {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

// FuzzInspect: nothing panics, and what is read are JSON objects; nothing verifies
// that cannot be read.
func FuzzInspect(f *testing.F) {
	minter := newTestMinter(f)
	for _, seed := range []string{"", "..", "e30.e30.", "bnVsbA.e30.x", mustMint(f, minter, Grant{Role: RoleAgent, UserID: "u", Lifetime: MinLifetime})} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		in, err := Inspect(token)
		if err != nil {
			if _, verified := minter.Verify(token); verified == nil {
				t.Fatalf("%q verifies, but cannot be read: %v", token, err)
			}
			return
		}
		for _, raw := range []json.RawMessage{in.Header, in.Claims} {
			var object map[string]any
			if err := json.Unmarshal(raw, &object); err != nil || object == nil {
				t.Fatalf("%q: %s is no object (%v)", token, raw, err)
			}
		}
	})
}
