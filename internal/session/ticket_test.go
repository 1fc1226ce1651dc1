package session

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func testRing(t testing.TB, secrets ...string) keyring {
	t.Helper()
	ring, err := newKeyring(secrets)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

var ticketTime = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

func testTicket() Ticket {
	return Ticket{
		ID: strings.Repeat("0a", 16), Site: "www.bank.test", Customer: Customer{ID: "c-1", Name: "Zoë & Söhne"},
		CreatedAt: ticketTime, ExpiresAt: ticketTime.Add(8 * time.Hour),
	}
}

func signed(t testing.TB, ring keyring, ticket Ticket) string {
	t.Helper()
	text, err := ring.sign(ticket)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestTicket(t *testing.T) {
	ring, other := testRing(t, "one"), testRing(t, "two")
	both, turned := testRing(t, "one", "two"), testRing(t, "two", "one")
	want := testTicket()
	text := signed(t, ring, want)
	for name, verifier := range map[string]keyring{"the same": ring, "the first of two": both, "the second of two": turned} {
		if got, err := verifier.verify(text, ticketTime); err != nil || got != want {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	payload, signature := strings.Split(text, ".")[1], strings.Split(text, ".")[2]
	forged := strings.Split(signed(t, other, want), ".")
	tests := map[string]struct {
		text string
		at   time.Time
	}{
		"empty":               {"", ticketTime},
		"two dots":            {"..", ticketTime},
		"no version":          {payload + "." + signature, ticketTime},
		"another version":     {"2." + payload + "." + signature, ticketTime},
		"no signature":        {"1." + payload + ".", ticketTime},
		"no payload":          {"1.." + signature, ticketTime},
		"a signature cut off": {"1." + payload + "." + signature[:len(signature)-1], ticketTime},
		"another's signature": {"1." + payload + "." + forged[2], ticketTime},
		"padding":             {text + "=", ticketTime},
		"a line's end":        {text + "\n", ticketTime},
		"a line's end inside": {text[:10] + "\n" + text[10:], ticketTime},
		"the last moment":     {text, want.ExpiresAt},
		"years later":         {text, want.ExpiresAt.AddDate(5, 0, 0)},
		"too long":            {"1." + strings.Repeat("A", maxTicket) + "." + signature, ticketTime},
		"another's whole":     {strings.Join(forged, "."), ticketTime},
	}
	for name, test := range tests {
		if got, err := ring.verify(test.text, test.at); !errors.Is(err, ErrTicket) || got != (Ticket{}) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// TestTicketFits: the longest texts that a record can have make a ticket that
// is parsed.
func TestTicketFits(t *testing.T) {
	ring := testRing(t, "one")
	ticket := testTicket()
	// Control characters, which are longest in JSON, are not in a clean text;
	// "<" is six bytes there.
	ticket.Customer = Customer{ID: clean(strings.Repeat("<", 999), MaxCustomerID), Name: clean(strings.Repeat("<", 999), MaxName)}
	ticket.Site = strings.Repeat("a", 253)
	if _, err := ring.verify(signed(t, ring, ticket), ticketTime); err != nil {
		t.Error(err)
	}
}

// FuzzTicket: what verifies is what was signed, to the letter.
func FuzzTicket(f *testing.F) {
	ring := testRing(f, "one", "two")
	genuine := signed(f, ring, testTicket())
	f.Add(genuine)
	f.Add("")
	f.Add("1.e30." + strings.Repeat("A", 43))
	f.Add(strings.Replace(genuine, ".", "..", 1))
	f.Add(genuine[:len(genuine)-1] + "B")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ring.verify(text, ticketTime)
		switch {
		case text == genuine:
			if err != nil || got != testTicket() {
				t.Errorf("the genuine one: %+v, %v", got, err)
			}
		case err == nil:
			t.Errorf("a forgery verifies: %q", text)
		case !errors.Is(err, ErrTicket) || err.Error() != ErrTicket.Error() || got != (Ticket{}):
			t.Errorf("%+v, %v", got, err)
		}
	})
}

// FuzzTicketTexts: whatever is in a record, its ticket brings it back.
func FuzzTicketTexts(f *testing.F) {
	ring := testRing(f, "one")
	f.Add("c-1", "Zoë", "www.bank.test")
	f.Add("\x00\xff", "</script>\u2028\u202e", "a.b")
	f.Fuzz(func(t *testing.T, id, name, site string) {
		want := testTicket()
		want.Customer = Customer{ID: clean(id, MaxCustomerID), Name: clean(name, MaxName)}
		want.Site = clean(site, 253)
		got, err := ring.verify(signed(t, ring, want), ticketTime)
		if err != nil || got != want {
			t.Errorf("%+v became %+v, %v", want, got, err)
		}
	})
}

func TestKeysAreApart(t *testing.T) {
	a, b := testRing(t, "one")[0], testRing(t, "two")[0]
	seen := map[string]string{}
	for name, key := range map[string]string{
		"ticket": string(a.ticket), "pin": string(a.pin), "count": string(a.count), "another's": string(b.pin),
		"pin of one site": a.pinKey("s", "123456"), "of another": a.pinKey("t", "123456"), "shifted": a.pinKey("s1", "23456"),
		"a counter": a.countKey("x", "1", "2"), "a counter, shifted": a.countKey("x", "12", ""), "another's count": b.countKey("x", "1", "2"),
	} {
		if seen[key] != "" {
			t.Errorf("%s is %s", name, seen[key])
		}
		seen[key] = name
	}
	if key := a.pinKey("s", "123456"); strings.Contains(key, "123456") {
		t.Errorf("the PIN is in its key: %s", key)
	}
}

func TestSealedPIN(t *testing.T) {
	ring := testRing(t, "one")
	sealed, err := ring[0].sealPIN(zeros{}, "id", "123456")
	if err != nil {
		t.Fatal(err)
	}
	if got := testRing(t, "two", "one").openPIN("id", sealed); got != "123456" {
		t.Errorf("opened %q", got)
	}
	for name, got := range map[string]string{
		"another session": ring.openPIN("other", sealed),
		"another secret":  testRing(t, "two").openPIN("id", sealed),
		"cut off":         ring.openPIN("id", sealed[:len(sealed)-1]),
		"nothing":         ring.openPIN("id", nil),
		"a nonce only":    ring.openPIN("id", sealed[:12]),
	} {
		if got != "" {
			t.Errorf("%s: opened %q", name, got)
		}
	}
}

// zeros is a source of randomness that has none.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
