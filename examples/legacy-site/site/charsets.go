package site

import (
	"fmt"
	"html/template"
	"net/http"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// declarationEnd is the byte at which the About page's charset declaration
// ends. Browsers look for one in the first 1024 bytes of a page (HTML standard,
// section 13.2.3.2): a proxy that puts more than 24 bytes in front, without
// further ado, turns the page's dashes into rubbish.
const declarationEnd = 1000

const declaration = `<meta http-equiv="Content-Type" content="text/html; charset=utf-8">`

func (s *site) routeCharsets(mux *http.ServeMux) {
	// No charset in the header: the meta element alone tells.
	mux.HandleFunc("GET /about", body("text/html", s.aboutPage()))

	mux.HandleFunc("GET /fr/succursales", body("text/html", encode(charmap.Windows1252, s.views.render(page{
		Title: "Nos succursales", View: "succursales", Lang: "fr", Charset: "windows-1252",
	}))))
	mux.HandleFunc("GET /intl/greek", body("text/html",
		encode(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), s.views.render(page{
			Title: "Για τους πελάτες μας", View: "greek", Lang: "el", Charset: "utf-16",
		}))))
	mux.HandleFunc("GET /intl/japanese", body("text/html; charset=utf-16be",
		encode(unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), s.views.render(page{
			Title: "お客様へ", View: "japanese", Lang: "ja", Charset: "utf-16be",
		}))))
}

// aboutPage returns the About page, whose head opens with a comment just long
// enough to bring the end of the charset declaration to declarationEnd.
func (s *site) aboutPage() []byte {
	about := page{Title: "About us", View: "about"}
	plain := s.views.render(about)
	missing := declarationEnd - strings.Index(string(plain), declaration) - len(declaration)
	const opening, closing = "<!-- ", " -->\n"
	missing -= len(opening) + len(closing)
	line := "Page built with SiteWeaver Professional 4.2. Do not edit by hand! "
	filling := strings.Repeat(line, missing/len(line)+1)[:missing]
	about.HeadFirst = template.HTML(opening + filling + closing) // #nosec G203 -- constants
	return s.views.render(about)
}

// encode writes a page in another encoding. The pages are ours: a character
// that the encoding lacks is a fault of this package.
func encode(e encoding.Encoding, page []byte) []byte {
	out, err := e.NewEncoder().Bytes(page)
	if err != nil {
		panic(fmt.Sprintf("site: %v", err))
	}
	return out
}
