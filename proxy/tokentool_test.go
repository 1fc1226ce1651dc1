package proxy

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/token"
)

func vectorClock() time.Time { return time.UnixMilli(vectorNowMS) }

func TestMintToken(t *testing.T) {
	var out bytes.Buffer
	o := MintOptions{SDKKey: vectorKey, SDKSecret: vectorSecret, Role: "agent", UserID: "a-7", UserName: "Ana", BYOP: true, Now: vectorClock}
	if err := MintToken(&out, o); err != nil {
		t.Fatal(err)
	}
	_, payload := decodeToken(t, strings.TrimSuffix(out.String(), "\n"), vectorSecret)
	if payload["role_type"] != 2.0 || payload["user_id"] != "a-7" || payload["user_name"] != "Ana" || payload["enable_byop"] != 1.0 ||
		payload["exp"].(float64)-payload["iat"].(float64) != 1800 {
		t.Errorf("%v", payload)
	}
	for name, change := range map[string]func(*MintOptions){
		"role":   func(o *MintOptions) { o.Role = "2" },
		"secret": func(o *MintOptions) { o.SDKSecret = "" },
		"key":    func(o *MintOptions) { o.SDKKey = "" },
		"life":   func(o *MintOptions) { o.TTL = time.Minute },
		"user":   func(o *MintOptions) { o.UserID = strings.Repeat("x", 36) },
	} {
		bad := o
		change(&bad)
		out.Reset()
		if err := MintToken(&out, bad); err == nil || out.Len() > 0 || strings.Contains(err.Error(), vectorSecret) {
			t.Errorf("%s: %v, %s", name, err, &out)
		}
	}
}

func TestInspectToken(t *testing.T) {
	config := token.Config{Key: vectorKey, Secrets: []string{vectorSecret}, Now: vectorClock}
	cobrowse, err := token.New(config)
	if err != nil {
		t.Fatal(err)
	}
	video, err := token.NewVideo(config)
	if err != nil {
		t.Fatal(err)
	}
	customer, err := cobrowse.Mint(token.Grant{Role: token.RoleCustomer, UserID: "u", Lifetime: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	host, err := video.Mint(token.VideoGrant{Role: token.RoleHost, SessionName: "a\u009b\u202eb", Lifetime: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	good := InspectOptions{SDKKey: vectorKey, SDKSecret: vectorSecret, Now: vectorClock}
	later := good
	later.Now = func() time.Time { return vectorClock().Add(2 * time.Hour) }
	wrong := good
	wrong.SDKSecret = "another secret"
	tests := []struct {
		name, token string
		options     InspectOptions
		want        []string
		err         error
	}{
		{"customer", customer, good, []string{"Cobrowse SDK token\n", `"role_type": 1`, "issued  2025-10-09T08:53:20Z", "expires 2025-10-09T09:53:20Z", "good:"}, nil},
		{"white space around", " " + customer + "\n", good, []string{"good:"}, nil},
		{"video", host, good, []string{"Video SDK signature\n", `"tpc": "a\u009b\u202eb"`, "good:"}, nil},
		{"no secret", customer, InspectOptions{}, []string{"not checked"}, nil},
		{"expired", customer, later, []string{"refused: token is expired"}, token.ErrTokenExpired},
		{"another secret", customer, wrong, []string{"refused: token signature is invalid"}, token.ErrTokenSignature},
		{"no token", "hello", good, nil, token.ErrTokenMalformed},
		{"claims of another type", "e30." + base64.RawURLEncoding.EncodeToString([]byte(`{"iat":"x"}`)) + ".AA", good, []string{"token of another kind", "refused"}, token.ErrTokenMalformed},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var out bytes.Buffer
			err := InspectToken(&out, test.token, test.options)
			if test.err == nil && err != nil || test.err != nil && (!errors.Is(err, ErrTokenRefused) || !errors.Is(err, test.err)) {
				t.Errorf("%v", err)
			}
			for _, want := range test.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("no %q in\n%s", want, &out)
				}
			}
			if signature := test.token[strings.LastIndexByte(test.token, '.')+1:]; len(signature) > 20 && strings.Contains(out.String(), signature) {
				t.Errorf("the signature is shown:\n%s", &out)
			}
		})
	}
	if err := InspectToken(&bytes.Buffer{}, customer, InspectOptions{SDKSecret: "s"}); err == nil {
		t.Error("checked without a key")
	}
}
