package agent

import (
	"errors"
	"net/http"
)

// FirstOf returns an identifier that asks each source in turn, and takes the
// word of the first for which the request carries a credential. The next source
// is asked after [ErrNoCredential] only: an invalid credential, a person who is
// not allowed, a source that is down, and any error that does not say which,
// end the search.
//
// Where no source finds a credential, the error is that of the first source
// that says where to sign in ([SignInError]), else that of the last.
// Without sources, FirstOf is [None].
func FirstOf(sources ...Identifier) Identifier {
	switch len(sources) {
	case 0:
		return None{}
	case 1:
		return sources[0]
	}
	return firstOf(sources)
}

type firstOf []Identifier

// Identify implements [Identifier].
func (f firstOf) Identify(r *http.Request) (Agent, error) {
	return f.ask(func(id Identifier) (Agent, error) { return id.Identify(r) })
}

// Revalidate implements [Revalidator].
func (f firstOf) Revalidate(r *http.Request) (Agent, error) {
	return f.ask(func(id Identifier) (Agent, error) { return Revalidate(id, r) })
}

func (f firstOf) ask(question func(Identifier) (Agent, error)) (Agent, error) {
	var nobody error
	for _, source := range f {
		who, err := question(source)
		if !errors.Is(err, ErrNoCredential) {
			return who, err
		}
		if SignInPath(nobody) == "" {
			nobody = err
		}
	}
	return Agent{}, nobody
}
