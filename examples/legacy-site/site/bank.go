package site

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
)

// The one customer of the demo. The log-in page shows both, since there is
// nothing behind them.
const (
	DemoCustomer = "10042"
	DemoPassword = "harbour"
)

// Rate is a savings rate, as the rates table and the JSON API show it.
type Rate struct {
	Product string `json:"product"`
	Percent string `json:"percent"`
}

// Account is an account of the demo customer. Amounts are in the bank's
// currency, formatted.
type Account struct {
	Number  string `json:"number"`
	Name    string `json:"name"`
	Balance string `json:"balance"`
}

func rates() []Rate {
	return []Rate{
		{"Instant Access", "2.85"},
		{"Harbour Saver", "3.60"},
		{"Two-Year Bond", "4.15"},
		{"Young Saver", "4.40"},
		{"Tracker Mortgage", "4.74"},
	}
}

func accounts() []Account {
	return []Account{
		{"40-17-02 1004 2001", "Current account", "1,284.17"},
		{"40-17-02 1004 2002", "Harbour Saver", "18,550.00"},
		{"40-17-02 1004 2009", "Two-Year Bond", "7,000.00"},
	}
}

func (s *site) routeBank(mux *http.ServeMux) {
	mux.HandleFunc("GET /{$}", s.fixed(page{Title: "Welcome", View: "home"}))
	mux.HandleFunc("GET /sitemap", s.fixed(page{Title: "Site map", View: "sitemap", Data: Catalogue()}))
	mux.HandleFunc("GET /fragments/rates", body("text/html; charset=utf-8", s.views.part("rates", rates())))
	mux.HandleFunc("GET /api/rates", body("application/json", mustJSON(rates())))
	mux.HandleFunc("GET /api/accounts", s.private(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		body("application/json", mustJSON(accounts()))(w, r)
	}))
	mux.HandleFunc("GET /login", s.fixed(page{Title: "Log in", View: "login"}))
	mux.HandleFunc("POST /login", s.logIn)
	mux.HandleFunc("POST /logout", s.logOut)
	mux.HandleFunc("GET /account", s.private(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		s.show(w, http.StatusOK, page{Title: "Account overview", View: "account", Data: accounts()})
	}))
	mux.HandleFunc("GET /payment", s.private(func(w http.ResponseWriter, _ *http.Request) {
		s.showPayment(w, http.StatusOK, payment{})
	}))
	mux.HandleFunc("POST /payment", s.private(s.pay))
}

// logIn checks the form and sends the customer to the account overview.
func (s *site) logIn(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, formLimit)
	if r.PostFormValue("customer") != DemoCustomer || r.PostFormValue("password") != DemoPassword {
		s.show(w, http.StatusUnauthorized, page{
			Title: "Log in", View: "login", Data: "That customer number and password do not match.",
		})
		return
	}
	id, err := s.sessions.open()
	if err != nil {
		s.fail(w)
		return
	}
	http.SetCookie(w, &http.Cookie{Name: cookieName, Value: id, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode}) // #nosec G124 -- the demo is served over plain HTTP
	http.Redirect(w, r, "/account", http.StatusSeeOther)
}

func (s *site) logOut(w http.ResponseWriter, r *http.Request) {
	if c, err := r.Cookie(cookieName); err == nil {
		s.sessions.close(c.Value)
	}
	http.SetCookie(w, &http.Cookie{Name: cookieName, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode}) // #nosec G124 -- the demo is served over plain HTTP
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// private sends visitors without a session to the log-in page.
func (s *site) private(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if c, err := r.Cookie(cookieName); err != nil || !s.sessions.has(c.Value) {
			http.Redirect(w, r, "/login", http.StatusSeeOther)
			return
		}
		next(w, r)
	}
}

// formLimit bounds the body of a form, in bytes.
const formLimit = 8 << 10

// payment is the payment form as filled in, and what is wrong with it.
type payment struct {
	Payee, Account, Amount, Card, Problem string
	Done                                  bool
}

var amountForm = regexp.MustCompile(`^[0-9]{1,6}(\.[0-9]{2})?$`)

// pay checks the form and confirms it. No balance changes: the next visitor
// shall see the same bank.
func (s *site) pay(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, formLimit)
	p := payment{
		Payee:   strings.TrimSpace(r.PostFormValue("payee")),
		Account: strings.TrimSpace(r.PostFormValue("account")),
		Amount:  strings.TrimSpace(r.PostFormValue("amount")),
		Card:    strings.TrimSpace(r.PostFormValue("card")),
	}
	switch {
	case p.Payee == "" || p.Account == "":
		p.Problem = "Please name the payee and the account number."
	case !amountForm.MatchString(p.Amount):
		p.Problem = "Please give the amount as 25 or 25.00."
	default:
		p.Done = true
	}
	status := http.StatusOK
	if p.Problem != "" {
		status = http.StatusBadRequest
	}
	s.showPayment(w, status, p)
}

func (s *site) showPayment(w http.ResponseWriter, status int, p payment) {
	w.Header().Set("Cache-Control", "no-store")
	s.show(w, status, page{Title: "Make a payment", View: "payment", Data: p})
}

// mustJSON encodes data of this package, which cannot fail.
func mustJSON(v any) []byte {
	out, err := json.Marshal(v)
	if err != nil {
		panic("site: " + err.Error())
	}
	return append(out, '\n')
}
