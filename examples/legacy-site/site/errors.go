package site

import "net/http"

func (s *site) routeErrors(mux *http.ServeMux) {
	notFound := func(w http.ResponseWriter, _ *http.Request) {
		s.show(w, http.StatusNotFound, page{Title: "Page not found", View: "notfound"})
	}
	mux.HandleFunc("/", notFound)
	mux.HandleFunc("GET /error/404", notFound)
	mux.HandleFunc("GET /error/500", func(w http.ResponseWriter, _ *http.Request) { s.fail(w) })
}

// fail answers 500 with a page.
func (s *site) fail(w http.ResponseWriter) {
	s.show(w, http.StatusInternalServerError, page{Title: "We are sorry", View: "failed"})
}
