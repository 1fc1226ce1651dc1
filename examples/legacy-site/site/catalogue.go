package site

// Link is one page in the navigation.
type Link struct {
	// Path is the page's URL path.
	Path string
	// Label is what the navigation says.
	Label string
	// Shows is what the page is for in this example: one phrase.
	Shows string
}

// Group is a heading of the navigation with its pages.
type Group struct {
	Label string
	Links []Link
}

// Catalogue lists the pages that a visitor can reach, in the order of the
// navigation. Parts of pages (styles, scripts, fragments, streams) are not in it.
func Catalogue() []Group {
	return []Group{
		{Label: "Everyday banking", Links: []Link{
			{"/", "Home", "table layout, and a fragment that script fetches"},
			{"/login", "Log in", "a form that sets a session cookie"},
			{"/account", "Account overview", "a page behind the login"},
			{"/payment", "Make a payment", "a form with fields worth masking"},
			{"/ticker", "Account ticker", "server-sent events"},
			{"/chat", "Message desk", "a WebSocket"},
		}},
		{Label: "Our bank", Links: []Link{
			{"/frames/", "Branches", "a frameset"},
			{"/about", "About us", "UTF-8, declared by a meta element near byte 1000"},
			{"/news", "News", "a strong ETag, 304, ranges, and a policy on the 304"},
			{"/fr/succursales", "Succursales", "windows-1252, declared by a meta element only"},
			{"/intl/greek", "Greek customers", "UTF-16, little-endian, by its byte order mark only"},
			{"/intl/japanese", "Japanese customers", "UTF-16, big-endian, declared by the header"},
		}},
		{Label: "Documents", Links: []Link{
			{"/documents/statement", "Full statement", "a page of 5 MB, streamed"},
			{"/documents/statement.csv", "Statement as CSV", "a download that isn't HTML"},
			{"/documents/mandate.html", "Mandate form", "a download that is HTML"},
			{"/terms", "Terms", "br, gzip or identity, as the browser asks"},
			{"/terms/gzip", "Terms (gzip)", "gzip, whether asked for or not"},
			{"/terms/br", "Terms (br)", "br, whether asked for or not"},
		}},
		{Label: "Security centre", Links: []Link{
			{"/security/nonce", "Safe log-in", "a policy with a nonce and strict-dynamic"},
			{"/security/hash", "Card fraud", "a policy with a hash"},
			{"/security/self", "Phishing", "the policy default-src 'self'"},
			{"/security/two", "Strong passwords", "two policies in two header lines"},
			{"/security/meta", "Lost cards", "a policy in a meta element"},
			{"/security/report-only", "Your privacy", "a policy that only reports"},
		}},
		{Label: "Service", Links: []Link{
			{"/hints", "Opening hours", "103 Early Hints"},
			{"/trailers", "Charges", "trailers after the body"},
			{"/error/404", "Old price list", "an HTML page with status 404"},
			{"/error/500", "Mortgage quote", "an HTML page with status 500"},
			{"/sitemap", "Site map", "this list"},
		}},
	}
}
