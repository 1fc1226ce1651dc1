package site

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

func TestTickerSendsEventByEvent(t *testing.T) {
	server := newServer(t)
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/ticker/events?every=10ms", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if got := response.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Errorf("Content-Type %q", got)
	}
	// The stream has no end: reading two whole events shows that they are sent
	// one by one, and server.Close in the clean-up that leaving ends it.
	lines := bufio.NewReader(response.Body)
	for _, want := range []string{"id: 0\n", "event: booking\n", "data: {\"text\":\"Direct debit Vale Water Company\",\"amount\":\"-12.16\"}\n", "\n", "id: 1\n"} {
		if got, err := lines.ReadString('\n'); got != want {
			t.Fatalf("line %q (%v), want %q", got, err, want)
		}
	}
}

func TestTickerEndsAfterN(t *testing.T) {
	_, body := get(t, newServer(t), "/ticker/events?n=3&every=1ns", nil)
	if got := strings.Count(body, "event: booking\n"); got != 3 {
		t.Errorf("%d events, want 3", got)
	}
}

func TestChatEchoes(t *testing.T) {
	server := newServer(t)
	conn, _, err := websocket.Dial(t.Context(), server.URL+"/chat/socket", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.CloseNow() }()
	for _, message := range []string{"Good day", "Are you there?"} {
		if err := conn.Write(t.Context(), websocket.MessageText, []byte(message)); err != nil {
			t.Fatal(err)
		}
		kind, answer, err := conn.Read(t.Context())
		if err != nil || kind != websocket.MessageText || string(answer) != message {
			t.Errorf("answer %q (%v, %v), want %q", answer, kind, err, message)
		}
	}
}

func TestStatementIsStreamed(t *testing.T) {
	server := newServer(t)
	response, err := http.Get(server.URL + "/documents/statement")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.ContentLength != -1 {
		t.Errorf("Content-Length %d, want none", response.ContentLength)
	}
	data, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if len(data) < StatementSize || len(data) > StatementSize+4096 {
		t.Errorf("%d bytes, want just over %d", len(data), StatementSize)
	}
	if !strings.HasSuffix(string(data), "</html>\n") {
		t.Error("the page has no end")
	}
}

func TestEarlyHintsComeBeforeThePage(t *testing.T) {
	server := newServer(t)
	var hints []string
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		Got1xxResponse: func(code int, header textproto.MIMEHeader) error {
			if code == http.StatusEarlyHints {
				hints = append(hints, header.Get("Link"))
			}
			return nil
		},
	})
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/hints", nil)
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{Timeout: 10 * time.Second}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if len(hints) != 1 || hints[0] != "</style.css>; rel=preload; as=style" || response.StatusCode != http.StatusOK {
		t.Errorf("hints %q, status %d", hints, response.StatusCode)
	}
}

func TestTrailerIsTheBodysChecksum(t *testing.T) {
	response, body := get(t, newServer(t), "/trailers", nil)
	sum := sha256.Sum256([]byte(body))
	if got, want := response.Trailer.Get("X-Page-Checksum"), hex.EncodeToString(sum[:]); got != want {
		t.Errorf("trailer %q, want %q", got, want)
	}
}
