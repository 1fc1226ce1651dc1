package session_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session/memory"
)

// sealedOver returns a Sealed as an instance has it.
func sealedOver(t *testing.T, v session.Values, purpose string, secrets ...string) *session.Sealed {
	t.Helper()
	s, err := session.NewSealed(v, secrets, purpose)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func newValues(t *testing.T) session.Values {
	t.Helper()
	store, err := memory.New(memory.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store.Values()
}

func TestSealed(t *testing.T) {
	ctx, v := t.Context(), newValues(t)
	const secret, plain = "the SDK secret of a test", "anna is an agent"
	s := sealedOver(t, v, "who", secret)
	if err := s.Put(ctx, "a", []byte(plain), time.Hour); err != nil {
		t.Fatal(err)
	}
	raw, err := v.Get(ctx, "a")
	if err != nil || bytes.Contains(raw, []byte("anna")) {
		t.Errorf("a neighbour reads %q, %v", raw, err)
	}
	for name, test := range map[string]struct {
		sealed *session.Sealed
		opens  bool
	}{
		"another instance":       {sealedOver(t, v, "who", secret), true},
		"after the next secret":  {sealedOver(t, v, "who", "next", secret), true},
		"without its own secret": {sealedOver(t, v, "who", "next"), false},
		"another purpose":        {sealedOver(t, v, "what", secret), false},
	} {
		got, err := test.sealed.Get(ctx, "a")
		if err != nil || (string(got.Value) == plain) != test.opens || (got.Value != nil) != test.opens || got.Foreign() == test.opens {
			t.Errorf("%s: %q, foreign %v, %v", name, got.Value, got.Foreign(), err)
		}
	}
	if got, err := s.Get(ctx, "nothing"); err != nil || got.Value != nil || got.Foreign() {
		t.Errorf("what is not there: %+v, %v", got, err)
	}
	if took, err := s.Take(ctx, "a"); err != nil || string(took) != plain {
		t.Errorf("taken %q, %v", took, err)
	}
	if took, err := s.Take(ctx, "a"); err != nil || took != nil {
		t.Errorf("taken again %q, %v", took, err)
	}
}

// TestForgedValues: who writes to the engine makes nothing that opens.
func TestForgedValues(t *testing.T) {
	ctx, v := t.Context(), newValues(t)
	s := sealedOver(t, v, "who", "the SDK secret of a test")
	if err := s.Put(ctx, "bob", []byte("bob"), time.Hour); err != nil {
		t.Fatal(err)
	}
	theirs, err := v.Get(ctx, "bob")
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(theirs)
	flipped[len(flipped)-1] ^= 1
	for name, forged := range map[string][]byte{
		"plain": []byte("bob"), "short": {1}, "of another key": theirs, "changed": flipped, "cut": theirs[:len(theirs)-1], "long": append(bytes.Clone(theirs), 0),
	} {
		if err := v.Put(ctx, "anna", forged, time.Hour); err != nil {
			t.Fatal(err)
		}
		found, err := s.Get(ctx, "anna")
		if err != nil || found.Value != nil || !found.Foreign() {
			t.Errorf("%s: %q, %v", name, found.Value, err)
		}
		if swapped, err := s.Swap(ctx, "anna", session.Found{}, []byte("anna"), time.Hour); err != nil || swapped {
			t.Errorf("%s counts as none: %v, %v", name, swapped, err)
		}
		if swapped, err := s.Swap(ctx, "anna", found, []byte("anna"), time.Hour); err != nil || !swapped {
			t.Errorf("%s cannot be replaced: %v, %v", name, swapped, err)
		}
		if took, err := s.Take(ctx, "anna"); err != nil || string(took) != "anna" {
			t.Errorf("%s, replaced: %q, %v", name, took, err)
		}
		if err := v.Put(ctx, "anna", forged, time.Hour); err != nil {
			t.Fatal(err)
		}
		if took, err := s.Take(ctx, "anna"); err != nil || took != nil {
			t.Errorf("%s is taken: %q, %v", name, took, err)
		}
	}
}

func TestSealedNames(t *testing.T) {
	v := newValues(t)
	a, again := sealedOver(t, v, "who", "a", "b"), sealedOver(t, v, "who", "a")
	if a.Name("x", "yz") != again.Name("x", "yz") || len(a.Name("")) != 43 {
		t.Errorf("instances disagree on a name: %s", a.Name("x", "yz"))
	}
	names := map[string]bool{}
	for _, name := range []string{
		a.Name("x", "yz"), a.Name("xy", "z"), a.Name("x"), a.Name("x", "yz", ""), sealedOver(t, v, "what", "a").Name("x", "yz"), sealedOver(t, v, "who", "b").Name("x", "yz"),
	} {
		if names[name] || strings.Contains(name, "x") && strings.Contains(name, "yz") {
			t.Errorf("name %s came twice, or tells", name)
		}
		names[name] = true
	}
}

func TestDeriveKey(t *testing.T) {
	seen := map[string]bool{}
	for _, purpose := range [][]string{{}, {"a"}, {"a", "b"}, {"ab"}, {"a/1:b"}, {"", "a"}} {
		key, err := session.DeriveKey("secret", purpose...)
		if err != nil || len(key) != 32 || seen[string(key)] {
			t.Errorf("%q: %x, %v", purpose, key, err)
		}
		seen[string(key)] = true
	}
	if key, err := session.DeriveKey("another"); err != nil || seen[string(key)] {
		t.Errorf("another secret has the same key, %v", err)
	}
}

func TestSealedFaults(t *testing.T) {
	store, err := memory.New(memory.Config{})
	if err != nil {
		t.Fatal(err)
	}
	s := sealedOver(t, store.Values(), "who", "secret")
	_ = store.Close()
	found, errGet := s.Get(t.Context(), "a")
	_, errSwap := s.Swap(t.Context(), "a", found, []byte("1"), time.Hour)
	took, errTake := s.Take(t.Context(), "a")
	for _, err := range []error{errGet, errSwap, errTake, s.Put(t.Context(), "a", []byte("1"), time.Hour)} {
		if !errors.Is(err, session.ErrUnavailable) {
			t.Errorf("got %v", err)
		}
	}
	if found.Value != nil || found.Foreign() || took != nil {
		t.Errorf("found %+v, took %q", found, took)
	}
	if _, err := session.NewSealed(store.Values(), nil); err == nil {
		t.Error("sealed without a secret")
	}
}
