package site

import (
	"net/http"
	"os"
	"strings"
	"testing"
)

func TestCatalogueLeadsToPages(t *testing.T) {
	server := newServer(t)
	expected := map[string]int{
		"/account": http.StatusSeeOther, "/payment": http.StatusSeeOther,
		"/error/404": http.StatusNotFound, "/error/500": http.StatusInternalServerError,
	}
	for _, group := range Catalogue() {
		for _, link := range group.Links {
			want := expected[link.Path]
			if want == 0 {
				want = http.StatusOK
			}
			if response, _ := get(t, server, link.Path, nil); response.StatusCode != want {
				t.Errorf("%s: status %d, want %d", link.Path, response.StatusCode, want)
			}
		}
	}
}

func TestHomePageLinksToEveryPage(t *testing.T) {
	_, home := get(t, newServer(t), "/", nil)
	for _, group := range Catalogue() {
		for _, link := range group.Links {
			if !strings.Contains(home, `<a href="`+link.Path+`">`) {
				t.Errorf("the home page has no link to %s", link.Path)
			}
		}
	}
}

func TestReadmeNamesEveryPage(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, group := range Catalogue() {
		for _, link := range group.Links {
			if !strings.Contains(string(readme), "| `"+link.Path+"` |") {
				t.Errorf("README.md has no row for %s", link.Path)
			}
		}
	}
}
