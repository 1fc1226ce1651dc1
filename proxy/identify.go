package proxy

import (
	"fmt"
	"log/slog"
	"net/http"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent"
)

// identify asks who the agent behind r is, and fails closed: an identifier
// that panics, or that names an agent without an ID, has found nobody.
func identify(agents agent.Identifier, r *http.Request) (agent.Agent, error) {
	return asked(r, agents.Identify)
}

// revalidate asks again, without counting it as the agent's activity.
func revalidate(agents agent.Identifier, r *http.Request) (agent.Agent, error) {
	return asked(r, func(r *http.Request) (agent.Agent, error) { return agent.Revalidate(agents, r) })
}

func asked(r *http.Request, ask func(*http.Request) (agent.Agent, error)) (who agent.Agent, err error) {
	defer func() {
		if v := recover(); v != nil {
			who, err = agent.Agent{}, fmt.Errorf("identifying the agent panicked: %w", errIdentifier)
		}
	}()
	who, err = ask(r)
	if err == nil && who.ID == "" {
		return agent.Agent{}, agent.ErrUnidentified
	}
	if err != nil {
		return agent.Agent{}, err
	}
	return who, nil
}

// identifyCustomer returns what the site knows of the customer. A fault there
// costs the customer the name, not the help.
func identifyCustomer(customer func(*http.Request) (id, name string), r *http.Request, logger *slog.Logger) (id, name string) {
	if customer == nil {
		return "", ""
	}
	defer func() {
		if recover() != nil {
			logger.Error("identifying the customer panicked")
			id, name = "", ""
		}
	}()
	return customer(r)
}
