package proxy_test

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/proxy"
)

// A program that serves its own pages gets the button by wrapping its handler.
func ExampleWrap() {
	pages := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, "<!DOCTYPE html><title>Shop</title><h1>Welcome</h1>")
	})
	cobrowse, err := proxy.Wrap(proxy.Config{
		SDKKey:     "SDK_KEY",
		SDKSecrets: []string{"SDK_SECRET"},
		Path:       "/help",
	})
	if err != nil {
		log.Fatal(err)
	}
	srv := httptest.NewServer(cobrowse(pages))
	defer srv.Close()

	r, _ := http.NewRequest(http.MethodGet, srv.URL, nil)
	r.Header.Set("Sec-Fetch-Dest", "document") // as a browser does
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	page, _ := io.ReadAll(resp.Body)
	before, after, _ := strings.Cut(string(page), "<script src=\"/help/loader-")
	fmt.Println(before)
	fmt.Println(after[strings.Index(after, "</script>"):])
	// Output:
	// <!DOCTYPE html>
	// </script><title>Shop</title><h1>Welcome</h1>
}

// A whole proxy, with agents from a header that the front server sets.
func ExampleNewReverseProxy() {
	target, err := url.Parse("http://legacy.internal:9000")
	if err != nil {
		log.Fatal(err)
	}
	handler, err := proxy.NewReverseProxy(target, proxy.Config{
		SDKKey:     "SDK_KEY",
		SDKSecrets: []string{"SDK_SECRET"},
		Origins:    []string{"https://shop.example"},
		Agents: proxy.AgentIdentifierFunc(func(r *http.Request) (proxy.Agent, error) {
			user, password, ok := r.BasicAuth()
			if !ok || !checkPassword(user, password) {
				return proxy.Agent{}, proxy.ErrUnidentified
			}
			return proxy.Agent{ID: user}, nil
		}),
	})
	if err != nil {
		log.Fatal(err)
	}
	srv := &http.Server{Addr: "127.0.0.1:0", Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	defer srv.Close()
	fmt.Println("ready")
	// Output: ready
}

func checkPassword(string, string) bool { return false }
