package console

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/intrvio/jazzhr-worker/token"
)

// shownTenants is how many of a token's tenants the page names.
const shownTenants = 3

func (k *Console) tokensPage() page {
	return page{
		route: "/tokens", file: "tokens", section: "/actions", load: k.loadTokens, query: []string{"after"}, every: 5 * time.Second,
	}
}

// tokenList is what the page shows.
type tokenList struct {
	Tokens []tokenRow
	Pager  pager
}

type tokenRow struct {
	token.Token
	Tone tone
	More int // tenants that the page does not name
}

func newTokenRow(t token.Token) tokenRow {
	row := tokenRow{Token: t, Tone: good}
	if t.State != token.Active {
		row.Tone = off
	}
	if row.More = len(t.TenantIDs) - shownTenants; row.More > 0 {
		row.TenantIDs = t.TenantIDs[:shownTenants]
	}
	return row
}

func (k *Console) loadTokens(ctx context.Context, at place) (any, error) {
	last := uuid.Nil
	after, err := at.after()
	if err != nil {
		return nil, err
	}
	if after != "" {
		if last, err = uuid.Parse(after); err != nil {
			return nil, errNotFound
		}
	}
	tokens, err := k.config.Tokens.List(ctx, token.Holder{Grant: token.Full()}, last, pageRows+1)
	if err != nil {
		return nil, err
	}
	var shown tokenList
	next := ""
	if len(tokens) > pageRows {
		tokens = tokens[:pageRows]
		next = tokens[pageRows-1].ID.String()
	}
	for _, t := range tokens {
		shown.Tokens = append(shown.Tokens, newTokenRow(t))
	}
	shown.Pager = at.pages(next)
	return shown, nil
}
