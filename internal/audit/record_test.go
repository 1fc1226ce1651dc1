package audit

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestRecordCleaned(t *testing.T) {
	object, err := Record{
		Event: EventSessionCreated, Outcome: Success,
		CustomerRef: "a\x1b[2J\u202eb\xff", Page: "/" + strings.Repeat("é", MaxPage), RequestID: strings.Repeat("x", MaxName),
	}.encode()
	if err != nil {
		t.Fatal(err)
	}
	var got Record
	if err := json.Unmarshal(object, &got); err != nil {
		t.Fatal(err)
	}
	if got.CustomerRef != "a\uFFFD[2J\uFFFDb\uFFFD" {
		t.Errorf("customer %q", got.CustomerRef)
	}
	if len(got.Page) > MaxPage || !utf8.ValidString(got.Page) || !strings.HasSuffix(got.Page, "é…") {
		t.Errorf("page of %d bytes, ending in %q", len(got.Page), got.Page[len(got.Page)-8:])
	}
	if got.RequestID != strings.Repeat("x", MaxName) {
		t.Error("a text of exactly the limit was cut")
	}
	if strings.Contains(string(object), "agent_id") {
		t.Errorf("empty members are written: %s", object)
	}
}

func TestRecordRefused(t *testing.T) {
	valid := Record{Event: EventSessionCreated, Outcome: Success}
	if _, err := valid.encode(); err != nil {
		t.Fatal(err)
	}
	const secret = "eyJhbGciOiJIUzI1NiJ9.secret.token"
	for name, change := range map[string]func(*Record){
		"no event":           func(r *Record) { r.Event = "" },
		"event with a space": func(r *Record) { r.Event = "a b" },
		"the writer's event": func(r *Record) { r.Event = EventFile },
		"no outcome":         func(r *Record) { r.Outcome = "" },
		"unknown outcome":    func(r *Record) { r.Outcome = "maybe" },
		"a token as hash":    func(r *Record) { r.TokenHash = secret },
		"long agent":         func(r *Record) { r.AgentID = strings.Repeat("a", MaxName+1) },
		"disguised agent":    func(r *Record) { r.AgentID = "anna\u200b" },
		"broken session":     func(r *Record) { r.Session = "a\nb" },
	} {
		t.Run(name, func(t *testing.T) {
			record := valid
			change(&record)
			_, err := record.encode()
			if !errors.Is(err, ErrInvalidRecord) {
				t.Fatalf("error %v", err)
			}
			if strings.Contains(err.Error(), secret) {
				t.Errorf("the error shows the token: %v", err)
			}
		})
	}
}

// TestLongestRecord: nothing that Append accepts is too long for the reader.
func TestLongestRecord(t *testing.T) {
	long := strings.Repeat("<", MaxName)
	name := strings.Repeat("e", MaxName)
	object, err := Record{
		Event: name, Outcome: Success, Reason: long, Site: long, Role: long, AgentID: long, AgentSource: long, AgentIP: long,
		Session: long, CustomerRef: long, Page: strings.Repeat("<", MaxPage), RequestID: long, TokenHash: TokenHash("x"),
	}.encode()
	if err != nil {
		t.Fatal(err)
	}
	text, _ := newSealer(testKey).appendLine(nil, 1<<64-1, newClock().Now(), object, zeroMAC)
	if len(text) > maxLine {
		t.Errorf("%d bytes, the reader takes %d", len(text), maxLine)
	}
	if _, err := parseLine(text[:len(text)-1]); err != nil {
		t.Error(err)
	}
}

// TestKeyHidden: no way to print a key shows it.
func TestKeyHidden(t *testing.T) {
	secret := strings.Repeat("s3cr3t-k", 4)
	key, err := NewKey([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	var shown strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		fmt.Fprintf(&shown, verb+verb+verb, key, &key, Config{Key: key})
	}
	object, err := json.Marshal(map[string]Key{"key": key})
	if err != nil {
		t.Fatal(err)
	}
	shown.Write(object)
	fmt.Fprint(&shown, key.LogValue())
	for _, form := range []string{secret, fmt.Sprintf("%x", secret), fmt.Sprintf("%X", secret), strings.Trim(fmt.Sprintf("%d", []byte(secret)), "[]")} {
		if strings.Contains(shown.String(), form) {
			t.Errorf("the key shows as %q", form)
		}
	}
	if _, err := NewKey(make([]byte, MinKeyLen-1)); !errors.Is(err, ErrWeakKey) {
		t.Errorf("short key: %v", err)
	}
}
