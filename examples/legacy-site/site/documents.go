package site

import (
	"bufio"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// StatementSize is the least size of the full statement, in bytes.
const StatementSize = 5 << 20

func (s *site) routeDocuments(mux *http.ServeMux) {
	mux.HandleFunc("GET /documents/statement", s.statement)
	mux.HandleFunc("GET /documents/statement.csv", download("statement.csv",
		body("text/csv; charset=utf-8", []byte(statementCSV(100)))))
	mux.HandleFunc("GET /documents/mandate.html", download("mandate.html",
		s.fixed(page{Title: "Direct debit mandate", View: "mandate", NoScript: true})))
}

// download makes a browser save the answer instead of showing it.
func download(name string, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
		next(w, r)
	}
}

// statement streams a page of 5 MB: its top at once, then some 64 KB at a
// time, without a Content-Length.
func (s *site) statement(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	if r.Method == http.MethodHead {
		return
	}
	stream := http.NewResponseController(w)
	out := bufio.NewWriterSize(w, 64<<10)
	sent, _ := out.Write(s.views.part("statement-top", nil))
	_ = out.Flush()
	_ = stream.Flush()
	for i := 0; sent < StatementSize; i++ {
		b := booking(i)
		n, err := fmt.Fprintf(out, "<tr><td>%s<td>%s<td align=\"right\">%s<td align=\"right\">%s</tr>\n",
			b.date, b.text, b.amount, b.balance)
		if err != nil {
			return // the visitor left
		}
		sent += n
	}
	_, _ = out.WriteString("</table>\n</body>\n</html>\n")
	_ = out.Flush()
}

// statementCSV returns the first n bookings as RFC 4180 text.
func statementCSV(n int) string {
	var text strings.Builder
	text.WriteString("date,text,amount,balance\r\n")
	for i := range n {
		b := booking(i)
		fmt.Fprintf(&text, "%s,%s,%s,%s\r\n", b.date, b.text, b.amount, b.balance)
	}
	return text.String()
}

type line struct{ date, text, amount, balance string }

// booking returns line i of the statement, the same on every call.
func booking(i int) line {
	texts := [...]string{
		"Direct debit Vale Water Company", "Cash machine Quay Street", "Standing order rent",
		"Salary Northern Chandlery", "Card payment Harbour Books", "Interest credited",
	}
	pence := (i*7919+1117)%24_000 + 99
	sign := "-"
	if i%len(texts) == 3 || i%len(texts) == 5 {
		sign = "+"
	}
	day := time.Date(1998, 1, 5, 0, 0, 0, 0, time.UTC).AddDate(0, 0, i/24)
	balance := 128_417 + (i*104_729)%900_000
	return line{
		date: day.Format("2006-01-02"), text: texts[i%len(texts)],
		amount:  fmt.Sprintf("%s%d.%02d", sign, pence/100, pence%100),
		balance: fmt.Sprintf("%d.%02d", balance/100, balance%100),
	}
}
