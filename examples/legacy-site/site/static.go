package site

import (
	"embed"
	"net/http"
	"sync"
)

// The pictures are the same for every instance, so that they are painted once.
var (
	logo   = sync.OnceValue(func() []byte { return drawPNG(72, 72, lighthouse) })
	icon   = sync.OnceValue(func() []byte { return drawPNG(32, 32, lighthouse) })
	banner = sync.OnceValue(func() []byte { return drawPNG(580, 150, harbour) })
)

//go:embed assets
var assetFiles embed.FS

func (s *site) routeStatic(mux *http.ServeMux) {
	for name, contentType := range map[string]string{
		"style.css":  "text/css; charset=utf-8",
		"script.js":  "text/javascript; charset=utf-8",
		"ticker.js":  "text/javascript; charset=utf-8",
		"chat.js":    "text/javascript; charset=utf-8",
		"check.js":   "text/javascript; charset=utf-8",
		"robots.txt": "text/plain; charset=utf-8",
	} {
		data, err := assetFiles.ReadFile("assets/" + name)
		if err != nil {
			panic("site: " + err.Error())
		}
		mux.HandleFunc("GET /"+name, cached(body(contentType, data)))
	}
	mux.HandleFunc("GET /logo.png", cached(body("image/png", logo())))
	mux.HandleFunc("GET /favicon.ico", cached(body("image/png", icon())))
	mux.HandleFunc("GET /banner.png", cached(body("image/png", banner())))

	mux.HandleFunc("GET /frames/{$}", body("text/html; charset=utf-8", s.views.part("frameset", nil)))
	mux.HandleFunc("GET /frames/menu", body("text/html; charset=utf-8", s.views.part("frame-menu", nil)))
	mux.HandleFunc("GET /frames/town", body("text/html; charset=utf-8", s.views.part("frame-town", nil)))
	mux.HandleFunc("GET /frames/vale", body("text/html; charset=utf-8", s.views.part("frame-vale", nil)))
}

// cached lets browsers keep an asset for an hour.
func cached(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=3600")
		next(w, r)
	}
}
