package zoomapp

import (
	"crypto/cipher"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// contextVector is a sealed context, and what must come of it; testdata/README.md
// tells more.
type contextVector struct {
	ID           string
	Header       string
	ClientSecret string `json:"client_secret"`
	ClientID     string `json:"client_id"`
	NowMS        int64  `json:"now_ms"`
	Plaintext    string
	Expect       struct {
		Accept bool
		Reason string
	}
}

func loadContexts(t testing.TB) []contextVector {
	t.Helper()
	raw, err := os.ReadFile("testdata/zoomapp-context.json")
	if err != nil {
		t.Fatal(err)
	}
	var suite struct {
		Count   int
		Vectors []contextVector
	}
	if err := json.Unmarshal(raw, &suite); err != nil {
		t.Fatal(err)
	}
	if suite.Count == 0 || len(suite.Vectors) != suite.Count {
		t.Fatalf("%d vectors, but the file says %d", len(suite.Vectors), suite.Count)
	}
	return suite.Vectors
}

func TestContextVectors(t *testing.T) {
	for _, v := range loadContexts(t) {
		t.Run(v.ID, func(t *testing.T) {
			sealer, err := NewSealer(v.ClientID, v.ClientSecret, func() time.Time { return time.UnixMilli(v.NowMS) })
			if err != nil {
				t.Fatal(err)
			}
			context, err := sealer.Open(v.Header)
			if !v.Expect.Accept {
				if reason := ContextError(v.Expect.Reason); !errors.Is(err, reason) || context != (Context{}) {
					t.Errorf("%+v, %v; want %v", context, err, reason)
				}
				return
			}
			var want struct {
				UID, Typ, MID, AttendRole, Act string
				Exp                            int64
			}
			if err := json.Unmarshal([]byte(v.Plaintext), &want); err != nil {
				t.Fatal(err)
			}
			if err != nil || context != (Context{want.UID, want.Typ, want.MID, want.AttendRole, want.Act, time.UnixMilli(want.Exp)}) {
				t.Errorf("%+v, %v; want %+v", context, err, want)
			}
		})
	}
}

// Credentials and clock of the tests that seal their own contexts.
const (
	testClientID = "zOoMaPpClIeNtId1234567"
	testSecret   = "ZoomAppClientSecret_dummy_zZ9_000000"
	testNowMS    = 1760000001000
	testUID      = "KDcuGIm1QgePTO8WbOqwIQ"
)

func testNow() time.Time { return time.UnixMilli(testNowMS) }

func newTestSealer(t testing.TB) *Sealer {
	t.Helper()
	s, err := NewSealer(testClientID, testSecret, testNow)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// seal does what only Zoom can do outside of tests.
func seal(t testing.TB, plain string) string {
	t.Helper()
	block, err := newBlock(testSecret)
	if err != nil {
		t.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	iv := []byte("twelve bytes")
	raw := append([]byte{byte(len(iv))}, iv...)
	raw = binary.LittleEndian.AppendUint16(raw, 3)
	raw = append(raw, "aad"...)
	raw = binary.LittleEndian.AppendUint32(raw, uint32(len(plain)))
	return base64.RawURLEncoding.EncodeToString(gcm.Seal(raw, iv, []byte(plain), []byte("aad")))
}

// contextWith returns a good context but for the members that change alters.
func contextWith(t testing.TB, change func(map[string]any)) string {
	t.Helper()
	members := map[string]any{
		"typ": "panel", "uid": testUID, "aud": testClientID, "iss": issuer,
		"ts": testNowMS - 1000, "exp": testNowMS + 119_000,
	}
	change(members)
	plain, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	return seal(t, string(plain))
}

// TestContextRules holds rules at their limits.
func TestContextRules(t *testing.T) {
	set := func(name string, value any) func(map[string]any) {
		return func(m map[string]any) { m[name] = value }
	}
	tests := []struct {
		name   string
		change func(map[string]any)
		want   error
	}{
		{"good", func(map[string]any) {}, nil},
		{"issuer null", set("iss", nil), ErrIssuer},
		{"issuer in a list", set("iss", []string{issuer}), ErrIssuer},
		{"issuer member in another case", func(m map[string]any) { m["ISS"] = m["iss"]; delete(m, "iss") }, ErrIssuer},
		{"issuer comes before audience", func(m map[string]any) { m["iss"], m["aud"] = "x", "x" }, ErrIssuer},
		{"audience in a list", set("aud", []string{testClientID}), ErrAudience},
		{"audience longer", set("aud", testClientID+"x"), ErrAudience},
		{"exp a string", set("exp", fmt.Sprint(testNowMS+1000)), ErrExpType},
		{"exp null", set("exp", nil), ErrExpType},
		{"exp true", set("exp", true), ErrExpType},
		{"exp missing", func(m map[string]any) { delete(m, "exp") }, ErrNoExp},
		{"exp negative", set("exp", -1), ErrExpired},
		{"exp in seconds", set("exp", testNowMS/1000+120), ErrExpired},
		{"exp now", set("exp", testNowMS), nil},
		{"exp with a fraction, passed", set("exp", testNowMS-0.5), ErrExpired},
		{"exp in ten minutes", set("exp", testNowMS+600_000), nil},
		{"exp in ten minutes and a bit", set("exp", testNowMS+600_001), ErrLongLived},
		{"exp infinite", set("exp", json.RawMessage("1e999")), ErrLongLived},
		{"ts in a minute", set("ts", testNowMS+60_000), nil},
		{"ts in more than a minute", set("ts", testNowMS+60_001), ErrEarly},
		{"ts a string", set("ts", "1"), ErrTSType},
		{"ts missing", func(m map[string]any) { delete(m, "ts") }, nil},
		{"ts comes before a long life", func(m map[string]any) { m["ts"], m["exp"] = testNowMS+60_001, testNowMS+600_001 }, ErrEarly},
		{"uid empty", set("uid", ""), ErrNoUser},
		{"uid a number", set("uid", 7), ErrNoUser},
		{"unknown typ", set("typ", "contactcenter?"), nil},
		{"typ a number", set("typ", 5), nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, err := newTestSealer(t).Open(contextWith(t, test.change)); !errors.Is(err, test.want) || test.want == nil && err != nil {
				t.Errorf("%v, want %v", err, test.want)
			}
		})
	}
}

func TestContextText(t *testing.T) {
	good := contextWith(t, func(map[string]any) {})
	now := fmt.Sprintf(`"iss":%q,"aud":%q,"exp":%d`, issuer, testClientID, testNowMS)
	tests := []struct {
		name, sealed string
		want         error
	}{
		{"longest", strings.Repeat("A", maxSealed), ErrLength},
		{"too large", strings.Repeat("A", maxSealed+1), ErrTooLarge},
		{"line end inside", good[:8] + "\n" + good[8:], ErrBase64},
		{"space behind", good + " ", ErrBase64},
		{"padding inside", good[:8] + "=" + good[8:], ErrBase64},
		{"too much padding", good + "====", ErrBase64},
		{"a byte behind", good[:len(good)/4*4] + "AAAA" + good[len(good)/4*4:], ErrLength},
		{"two values", seal(t, "{}{}"), ErrNotJSON},
		{"white space around", seal(t, " {"+now+`,"uid":"u"} `), nil},
		{"duplicates: last wins", seal(t, "{"+now+`,"uid":"a","uid":""}`), ErrNoUser},
		{"a number", seal(t, "1"), ErrNotObject},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, err := newTestSealer(t).Open(test.sealed); !errors.Is(err, test.want) || test.want == nil && err != nil {
				t.Errorf("%v, want %v", err, test.want)
			}
		})
	}
}

func TestNewSealerRefuses(t *testing.T) {
	for name, c := range map[string][2]string{
		"no id": {"", "s"}, "no secret": {"i", ""}, "blank secret": {"i", " "}, "newline": {"i", "s\n"}, "same": {"hunter2", "hunter2"},
	} {
		if s, err := NewSealer(c[0], c[1], nil); s != nil || err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzContext: nothing panics; what opens was sealed with our key, is alive and
// names a user. The fuzzer also writes what is inside, since it cannot seal.
func FuzzContext(f *testing.F) {
	for _, v := range loadContexts(f) {
		f.Add(v.Header, v.Plaintext)
	}
	sealer := newTestSealer(f)
	genuine := map[string]bool{} // by the bytes, since there are several spellings
	for _, v := range loadContexts(f) {
		if _, err := sealer.Open(v.Header); err == nil {
			raw, _ := decodeBase64(v.Header)
			genuine[string(raw)] = true
		}
	}
	f.Fuzz(func(t *testing.T, header, plain string) {
		if c, err := sealer.Open(header); err == nil {
			if raw, err := decodeBase64(header); err != nil || !genuine[string(raw)] {
				t.Fatalf("opened %q: %+v", header, c)
			}
		}
		c, err := sealer.Open(seal(t, plain))
		var reason ContextError
		switch {
		case err != nil && (!errors.As(err, &reason) || c != (Context{})):
			t.Fatalf("%q: %+v, %v", plain, c, err)
		case err == nil && (c.UserID == "" || c.ExpiresAt.Before(testNow()) || c.ExpiresAt.After(testNow().Add(maxAhead))):
			t.Fatalf("%q: %+v", plain, c)
		}
	})
}
