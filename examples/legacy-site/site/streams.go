package site

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/coder/websocket"
)

// Bounds of the ticker's query parameters.
const (
	tickerEvery    = time.Second
	tickerEveryMin = 10 * time.Millisecond
)

func (s *site) routeStreams(mux *http.ServeMux) {
	mux.HandleFunc("GET /ticker", s.fixed(page{Title: "Account ticker", View: "ticker"}))
	mux.HandleFunc("GET /ticker/events", tickerEvents)
	mux.HandleFunc("GET /chat", s.fixed(page{Title: "Message desk", View: "chat"}))
	mux.HandleFunc("GET /chat/socket", chatSocket)

	hours := s.fixed(page{Title: "Opening hours", View: "hours"})
	mux.HandleFunc("GET /hints", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Link", "</style.css>; rel=preload; as=style")
		w.WriteHeader(http.StatusEarlyHints)
		hours(w, r)
	})
	mux.HandleFunc("GET /trailers", trailers(s.views.render(page{Title: "Charges", View: "charges"})))
}

// tickerEvents sends one event for each booking, until the client leaves or,
// with ?n=, after so many. ?every= sets the pause, at least 10 ms.
func tickerEvents(w http.ResponseWriter, r *http.Request) {
	limit, _ := strconv.Atoi(r.URL.Query().Get("n"))
	every := tickerEvery
	if d, err := time.ParseDuration(r.URL.Query().Get("every")); err == nil {
		every = max(d, tickerEveryMin)
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	stream := http.NewResponseController(w)
	tick := time.NewTicker(every)
	defer tick.Stop()
	for i := 0; limit <= 0 || i < limit; i++ {
		b := booking(i)
		if _, err := fmt.Fprintf(w, "id: %d\nevent: booking\ndata: {\"text\":%q,\"amount\":%q}\n\n", i, b.text, b.amount); err != nil {
			return
		}
		if stream.Flush() != nil {
			return
		}
		select {
		case <-tick.C:
		case <-r.Context().Done():
			return
		}
	}
}

// chatSocket sends back whatever it gets, until the client leaves or the
// server stops.
func chatSocket(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		// An echo gives nothing away, and a proxy in front may have changed
		// Host, so that Origin tells nothing.
		InsecureSkipVerify: true,
	})
	if err != nil {
		return // Accept has answered
	}
	defer func() { _ = conn.CloseNow() }()
	for {
		if err := echo(r.Context(), conn); err != nil {
			return
		}
	}
}

func echo(ctx context.Context, conn *websocket.Conn) error {
	kind, message, err := conn.Read(ctx)
	if err != nil {
		return err
	}
	return conn.Write(ctx, kind, message)
}

// trailers announces a checksum in the header and sends it after the body.
func trailers(page []byte) http.HandlerFunc {
	sum := sha256.Sum256(page)
	checksum := hex.EncodeToString(sum[:])
	return func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("Trailer", "X-Page-Checksum")
		h.Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(page)
		h.Set("X-Page-Checksum", checksum)
	}
}
