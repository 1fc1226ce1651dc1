package token

import (
	"encoding/base64"
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
