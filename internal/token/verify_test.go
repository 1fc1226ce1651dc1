package token

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"hash"
	"strings"
	"testing"
	"time"
)

const (
	goodHeader  = `{"alg":"HS256","typ":"JWT"}`
	goodPayload = `{"app_key":"COBROWSE_SDK_KEY","role_type":1,"user_id":"u","user_name":"n","iat":1760000000,"exp":1760001800}`
)

// forge signs any header and payload without the code under test.
func forge(header, payload string, newHash func() hash.Hash, key string) string {
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode([]byte(header)) + "." + encode([]byte(payload))
	mac := hmac.New(newHash, []byte(key))
	mac.Write([]byte(signed))
	return signed + "." + encode(mac.Sum(nil))
}

func TestVerify(t *testing.T) {
	claims, err := newTestMinter(t).Verify(forge(goodHeader, goodPayload, sha256.New, testSecret))
	if err != nil {
		t.Fatal(err)
	}
	want := Claims{RoleCustomer, "u", "n", time.Unix(1760000000, 0), time.Unix(1760001800, 0)}
	if claims != want {
		t.Errorf("got %+v, want %+v", claims, want)
	}
}

// TestVerifyRefusesClaims replaces a part of a good payload, and signs the
// result with the right secret.
func TestVerifyRefusesClaims(t *testing.T) {
	tests := []struct {
		name, old, new string
		want           error
	}{
		{"other key", `COBROWSE_SDK_KEY`, `COBROWSE_SDK_KEy`, ErrTokenKey},
		{"no key", `"app_key":"COBROWSE_SDK_KEY",`, ``, ErrTokenMalformed},
		{"null key", `"COBROWSE_SDK_KEY"`, `null`, ErrTokenMalformed},
		{"key in another case", `app_key`, `APP_KEY`, ErrTokenMalformed},
		{"role 0", `"role_type":1`, `"role_type":0`, ErrTokenClaims},
		{"role 3", `"role_type":1`, `"role_type":3`, ErrTokenClaims},
		{"role as text", `"role_type":1`, `"role_type":"1"`, ErrTokenMalformed},
		{"role beyond 32 bits", `"role_type":1`, `"role_type":4294967297`, ErrTokenMalformed},
		{"no user id", `"user_id":"u",`, ``, ErrTokenMalformed},
		{"empty user id", `"u"`, `""`, ErrTokenClaims},
		{"empty user name", `"n"`, `""`, ErrTokenClaims},
		{"long user name", `"n"`, `"` + strings.Repeat("n", 81) + `"`, ErrTokenClaims},
		{"expired", `1760000000,"exp":1760001800`, `1759990000,"exp":1759999999`, ErrTokenExpired},
		{"expires now", `1760000000,"exp":1760001800`, `1759998000,"exp":1760000000`, ErrTokenExpired},
		{"from the future", `1760000000`, `1760000001`, ErrTokenEarly},
		{"too short", `1760001800`, `1760001799`, ErrTokenClaims},
		{"too long", `1760001800`, `1760172801`, ErrTokenClaims},
		{"exp far away", `1760001800`, `253402300800`, ErrTokenClaims},
		{"exp beyond time", `1760001800`, `9223372036854775807`, ErrTokenExpired},
		{"iat long ago", `"iat":1760000000`, `"iat":-9223372036854775808`, ErrTokenClaims},
		{"fractional exp", `1760001800`, `1760001800.5`, ErrTokenMalformed},
		{"exp as text", `1760001800`, `"1760001800"`, ErrTokenMalformed},
		{"no exp", `,"exp":1760001800`, ``, ErrTokenMalformed},
		{"not an object", goodPayload, `[]`, ErrTokenMalformed},
		{"null", goodPayload, `null`, ErrTokenExpired},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			payload := strings.Replace(goodPayload, test.old, test.new, 1)
			if payload == goodPayload {
				t.Fatal("the test changes nothing")
			}
			claims, err := newTestMinter(t).Verify(forge(goodHeader, payload, sha256.New, testSecret))
			if !errors.Is(err, test.want) || claims != (Claims{}) {
				t.Errorf("claims %+v, error %v; want error %v", claims, err, test.want)
			}
		})
	}
	for _, extra := range []string{`"enable_byop":1,`, `"iss":"x",`, `"nbf":99999999999,`} {
		payload := "{" + extra + goodPayload[1:]
		if _, err := newTestMinter(t).Verify(forge(goodHeader, payload, sha256.New, testSecret)); err != nil {
			t.Errorf("with the foreign claim %s: %v", extra, err)
		}
	}
}

func TestVerifyRefusesForgeries(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	body := func(header string) string { return encode([]byte(header)) + "." + encode([]byte(goodPayload)) }
	signRS256 := func() string {
		signed := body(`{"alg":"RS256","typ":"JWT"}`)
		sum := sha256.Sum256([]byte(signed))
		signature, err := rsa.SignPKCS1v15(nil, rsaKey, crypto.SHA256, sum[:])
		if err != nil {
			t.Fatal(err)
		}
		return signed + "." + encode(signature)
	}
	good := forge(goodHeader, goodPayload, sha256.New, testSecret)
	signature := strings.LastIndexByte(good, '.') + 1

	tests := []struct {
		name, token string
		want        error
	}{
		{"alg none without signature", body(`{"alg":"none","typ":"JWT"}`) + ".", ErrTokenSignature},
		{"alg none with our signature", forge(`{"alg":"none","typ":"JWT"}`, goodPayload, sha256.New, testSecret), ErrTokenSignature},
		{"alg None", forge(`{"alg":"None","typ":"JWT"}`, goodPayload, sha256.New, testSecret), ErrTokenSignature},
		{"alg hs256", forge(`{"alg":"hs256","typ":"JWT"}`, goodPayload, sha256.New, testSecret), ErrTokenSignature},
		{"alg missing", forge(`{"typ":"JWT"}`, goodPayload, sha256.New, testSecret), ErrTokenSignature},
		{"alg a number", forge(`{"alg":256,"typ":"JWT"}`, goodPayload, sha256.New, testSecret), ErrTokenSignature},
		{"HS512 with our secret", forge(`{"alg":"HS512","typ":"JWT"}`, goodPayload, sha512.New, testSecret), ErrTokenSignature},
		{"HS384 with our secret", forge(`{"alg":"HS384","typ":"JWT"}`, goodPayload, sha512.New384, testSecret), ErrTokenSignature},
		{"RS256", signRS256(), ErrTokenSignature},
		{"RS256 header, HMAC with our secret", forge(`{"alg":"RS256","typ":"JWT"}`, goodPayload, sha256.New, testSecret), ErrTokenSignature},
		{"other secret", forge(goodHeader, goodPayload, sha256.New, "other"), ErrTokenSignature},
		{"empty secret", forge(goodHeader, goodPayload, sha256.New, ""), ErrTokenSignature},
		{"SDK key for secret", forge(goodHeader, goodPayload, sha256.New, testKey), ErrTokenSignature},
		{"typ missing", forge(`{"alg":"HS256"}`, goodPayload, sha256.New, testSecret), ErrTokenMalformed},
		{"typ jwt", forge(`{"alg":"HS256","typ":"jwt"}`, goodPayload, sha256.New, testSecret), ErrTokenMalformed},
		{"crit", forge(`{"alg":"HS256","typ":"JWT","crit":["b64"],"b64":false}`, goodPayload, sha256.New, testSecret), ErrTokenMalformed},
		{"kid", forge(`{"alg":"HS256","kid":"../../dev/null","typ":"JWT"}`, goodPayload, sha256.New, testSecret), ErrTokenMalformed},
		{"no signature", good[:signature], ErrTokenSignature},
		{"cut signature", good[:len(good)-1], ErrTokenMalformed},
		{"padding", good + "=", ErrTokenMalformed},
		{"fourth segment", good + ".", ErrTokenMalformed},
		{"white space", " " + good, ErrTokenMalformed},
		{"empty", "", ErrTokenMalformed},
		{"two dots", "..", ErrTokenMalformed},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, err := newTestMinter(t).Verify(test.token); !errors.Is(err, test.want) {
				t.Errorf("error %v, want %v", err, test.want)
			}
		})
	}
}

// TestVerifyRefusesEveryTampering changes each character of a good token.
func TestVerifyRefusesEveryTampering(t *testing.T) {
	m := newTestMinter(t)
	good := forge(goodHeader, goodPayload, sha256.New, testSecret)
	for i := range len(good) {
		for _, c := range []byte("A9_.") {
			if good[i] == c {
				continue
			}
			if _, err := m.Verify(good[:i] + string(c) + good[i+1:]); err == nil {
				t.Errorf("accepted with %q at %d", c, i)
			}
		}
	}
}

func TestRotation(t *testing.T) {
	before := newTestMinter(t, "old_secret_zZ9")
	during := newTestMinter(t, "new_secret_zZ9", "old_secret_zZ9")
	after := newTestMinter(t, "new_secret_zZ9")
	grant := Grant{Role: RoleCustomer, UserID: "u", Lifetime: MinLifetime}
	tests := []struct {
		name         string
		minter, read *Minter
		want         error
	}{
		{"old token during rotation", before, during, nil},
		{"the first secret signs", during, after, nil},
		{"a later secret never signs", during, before, ErrTokenSignature},
		{"old token after rotation", before, after, ErrTokenSignature},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, err := test.read.Verify(mustMint(t, test.minter, grant)); !errors.Is(err, test.want) {
				t.Errorf("error %v, want %v", err, test.want)
			}
		})
	}
}

// TestHexSecretIsText pins the trap in the samples' library: a secret of
// hexadecimal digits is text here, as it is at Zoom.
func TestHexSecretIsText(t *testing.T) {
	const secret = "00112233445566778899aabbccddeeff"
	m := newTestMinter(t, secret)
	token := mustMint(t, m, Grant{Role: RoleCustomer, UserID: "u", UserName: "n", Lifetime: MinLifetime})
	if want := forge(goodHeader, goodPayload, sha256.New, secret); token != want {
		t.Errorf("not keyed with the text of the secret:\ngot  %s\nwant %s", token, want)
	}
	raw, err := hex.DecodeString(secret)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Verify(forge(goodHeader, goodPayload, sha256.New, string(raw))); !errors.Is(err, ErrTokenSignature) {
		t.Errorf("keyed with the bytes of the digits: error %v", err)
	}
}

func TestNonASCIISecretIsUTF8(t *testing.T) {
	const secret = "geheimnis_ß_密"
	token := mustMint(t, newTestMinter(t, secret), Grant{Role: RoleCustomer, UserID: "u", UserName: "n", Lifetime: MinLifetime})
	if want := forge(goodHeader, goodPayload, sha256.New, secret); token != want {
		t.Errorf("got %s, want %s", token, want)
	}
}
