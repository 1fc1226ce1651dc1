package token

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

// FuzzParseRequest: no body panics; an accepted request keeps every rule, can
// be minted, and parses to the same again from its plain form; a refused one
// lists each property once, in the validator's order.
func FuzzParseRequest(f *testing.F) {
	for _, seed := range []string{
		``, `{}`, `[]`, `null`, `{"role":1}`, `{"role":"0x2","userId":"é会😀"}`, "\uFEFF{\"role\":1}",
		`{"role":{"a":[1,null]},"userId":null,"userName":[],"expirationSeconds":1e999}`,
		`{"role":2,"userId":"a","userName":"\ud83d","expirationSeconds":"3600.9"}`,
		`{"role":1,"expirationSeconds":1800.5}`, `{"role":1,"userName":"\u202e"}`, `{"role":1,"role":`,
		`{"role":1,"userName":"` + strings.Repeat("x", 36) + `"}`,
	} {
		f.Add([]byte(seed))
	}
	minter, err := New(Config{Key: testKey, Secrets: []string{testSecret}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		request, err := ParseRequest(body)
		if err != nil {
			checkFaults(t, request, err)
		} else {
			checkAccepted(t, minter, request)
		}
	})
}

func checkFaults(t *testing.T, request Request, err error) {
	t.Helper()
	if request != (Request{}) {
		t.Fatalf("a refused request is not empty: %+v", request)
	}
	var faults FieldErrors
	if !errors.As(err, &faults) {
		if !errors.Is(err, ErrMalformed) {
			t.Fatalf("unknown error %v", err)
		}
		return
	}
	if len(faults) == 0 {
		t.Fatal("refused without a reason")
	}
	order := []string{"role", "userId", "userName", "expirationSeconds"}
	last := -1
	for _, fault := range faults {
		i := slices.Index(order, fault.Property)
		if i <= last || fault.Reason == "" {
			t.Fatalf("faults are not in order: %+v", faults)
		}
		last = i
	}
}

func checkAccepted(t *testing.T, minter *Minter, request Request) {
	t.Helper()
	lifetime := request.Lifetime
	if lifetime == 0 {
		lifetime = MinLifetime
	}
	if !request.Role.Valid() || utf16Len(request.UserName) > MaxRequestName {
		t.Fatalf("accepted: %+v", request)
	}
	mustMint(t, minter, Grant{Role: request.Role, UserID: request.UserID, UserName: request.UserName, Lifetime: lifetime})

	plain := map[string]any{"role": request.Role}
	if request.UserID != "" {
		plain["userId"] = request.UserID
	}
	if request.UserName != "" {
		plain["userName"] = request.UserName
	}
	if request.Lifetime != 0 {
		plain["expirationSeconds"] = int64(request.Lifetime / time.Second)
	}
	body, err := json.Marshal(plain)
	if err != nil {
		t.Fatal(err)
	}
	again, err := ParseRequest(body)
	if err != nil || again != request {
		t.Fatalf("%s parses to %+v (%v), not %+v", body, again, err, request)
	}
}

// FuzzVerify: nothing but a token of ours verifies.
func FuzzVerify(f *testing.F) {
	minter := newTestMinter(f)
	good := mustMint(f, minter, Grant{Role: RoleCustomer, UserID: "u", Lifetime: MinLifetime})
	for _, seed := range []string{"", "..", good, good + ".", "eyJhbGciOiJub25lIn0.e30."} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		if claims, err := minter.Verify(token); err == nil && token != good {
			t.Fatalf("verified %q: %+v", token, claims)
		}
	})
}
