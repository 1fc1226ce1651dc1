package session

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Ticket is what a customer's page holds to speak for its session. It is
// signed, not encrypted: it tells its holder nothing new. Customer is in it so
// that a record which was forgotten can be put back whole.
//
// On the wire it is "1." payload "." mac, both in base64url without padding:
// the payload is JSON, the MAC is HMAC-SHA-256 over all that comes before its
// dot. It belongs into a body or a header field, never into a URL.
type Ticket struct {
	ID        string
	Site      string
	Customer  Customer
	CreatedAt time.Time // whole seconds
	ExpiresAt time.Time // whole seconds
}

// maxTicket bounds what is parsed, in bytes: a ticket with the longest texts
// that [Manager.Create] lets through is shorter.
const maxTicket = 4096

// ticketVersion begins every ticket, and is signed with it.
const ticketVersion = "1."

// ticketText is base64url without padding, and one text for each value.
var ticketText = base64.RawURLEncoding.Strict()

// ticketPayload is Ticket on the wire.
type ticketPayload struct {
	ID         string `json:"id"`
	Site       string `json:"site"`
	CustomerID string `json:"ref,omitempty"`
	Name       string `json:"name,omitempty"`
	Created    int64  `json:"iat"`
	Expires    int64  `json:"exp"`
}

// sign returns the ticket as text, signed with the first key.
func (r keyring) sign(t Ticket) (string, error) {
	payload, err := json.Marshal(ticketPayload{
		ID: t.ID, Site: t.Site, CustomerID: t.Customer.ID, Name: t.Customer.Name,
		Created: t.CreatedAt.Unix(), Expires: t.ExpiresAt.Unix(),
	})
	if err != nil {
		return "", fmt.Errorf("encoding ticket: %w", err)
	}
	signed := ticketVersion + ticketText.EncodeToString(payload)
	return signed + "." + ticketText.EncodeToString(mac(r[0].ticket, signed)), nil
}

// verify parses a ticket that one of the keys has signed and that has not
// expired. Nothing of it is decoded before its MAC has been compared, in
// constant time. Every error is [ErrTicket] in the same words.
func (r keyring) verify(text string, now time.Time) (Ticket, error) {
	signed, signature, ok := cutLast(text, ".")
	// Go's decoder skips line ends, also a strict one.
	if !ok || len(text) > maxTicket || !strings.HasPrefix(signed, ticketVersion) || strings.ContainsAny(text, "\r\n") {
		return Ticket{}, ErrTicket
	}
	given, err := ticketText.DecodeString(signature)
	if err != nil || !r.signed(signed, given) {
		return Ticket{}, ErrTicket
	}
	encoded := strings.TrimPrefix(signed, ticketVersion)
	data, err := ticketText.DecodeString(encoded)
	if err != nil {
		return Ticket{}, ErrTicket
	}
	var p ticketPayload
	if err := json.Unmarshal(data, &p); err != nil {
		return Ticket{}, ErrTicket
	}
	t := Ticket{
		ID: p.ID, Site: p.Site, Customer: Customer{ID: p.CustomerID, Name: p.Name},
		CreatedAt: time.Unix(p.Created, 0).UTC(), ExpiresAt: time.Unix(p.Expires, 0).UTC(),
	}
	if !now.Before(t.ExpiresAt) {
		return Ticket{}, ErrTicket
	}
	return t, nil
}

// signed reports whether one of the keys made the MAC. It tries all of them,
// whichever fits.
func (r keyring) signed(text string, given []byte) bool {
	fits := false
	for _, k := range r {
		fits = hmac.Equal(mac(k.ticket, text), given) || fits
	}
	return fits
}

// cutLast cuts s at the last separator.
func cutLast(s, separator string) (before, after string, found bool) {
	if i := strings.LastIndex(s, separator); i >= 0 {
		return s[:i], s[i+len(separator):], true
	}
	return s, "", false
}
