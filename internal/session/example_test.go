package session_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session/memory"
)

// A customer asks for help, an agent types the PIN and may have a token, and
// another agent who types it may not.
func Example() {
	store, err := memory.New(memory.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	manager, err := session.New(session.Config{Store: store, Secrets: []string{"the SDK secret"}})
	if err != nil {
		log.Fatal(err)
	}
	ctx, site := context.Background(), "www.bank.example"

	// POST sessions
	created, err := manager.Create(ctx, session.CreateRequest{
		Site: site, Customer: session.Customer{Name: "Zoë"}, Page: "/apply?step=2",
	})
	if err != nil {
		log.Fatal(err)
	}
	// POST sessions/{id}/events
	change, err := manager.Event(ctx, session.EventRequest{
		Site: site, ID: created.Session.ID, Ticket: created.Ticket,
		Event: session.Event{Kind: session.EventPIN, PIN: "424242"},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(change.From, "→", change.Session.State, "on", change.Session.Page)

	// POST desk/join
	claimed, err := manager.Claim(ctx, session.ClaimRequest{Site: site, Agent: session.Agent{ID: "ann"}, PIN: "424 242"})
	fmt.Println("ann:", claimed.Session.Customer.Name, claimed.PIN, err)
	_, err = manager.Claim(ctx, session.ClaimRequest{Site: site, Agent: session.Agent{ID: "bob"}, PIN: "424 242"})
	fmt.Println("bob:", errors.Is(err, session.ErrRefused))
	// Output:
	// created → waiting on /apply
	// ann: Zoë 424242 <nil>
	// bob: true
}
