package work

import (
	"context"
	"errors"
	"testing"

	"github.com/intrvio/jazzhr-worker/jazzhr"
)

func TestTakesWrites(t *testing.T) {
	t.Parallel()
	unknown := func(status int) error { return &jazzhr.Error{Kind: jazzhr.Unknown, Status: status} }
	tests := map[string]struct {
		err          error
		takes, tells bool
	}{
		"written":              {nil, true, true},
		"refused":              {&jazzhr.Error{Kind: jazzhr.Rejected, Status: 400}, true, true},
		"key refused":          {&jazzhr.Error{Kind: jazzhr.Unauthorized, Status: 401}, true, true},
		"too many":             {&jazzhr.Error{Kind: jazzhr.RateLimited, Status: 429}, true, true},
		"unknown route":        {&jazzhr.Error{Kind: jazzhr.UnknownRoute, Status: 404}, true, true},
		"not found":            {unknown(404), true, true},
		"503":                  {unknown(503), false, true},
		"500":                  {unknown(500), false, true},
		"408":                  {unknown(408), false, true},
		"a firewall's page":    {unknown(403), false, true},
		"a login page":         {unknown(200), false, true},
		"to a login page":      {unknown(302), false, true},
		"no answer":            {unknown(0), false, true},
		"not reached":          {&jazzhr.Error{Kind: jazzhr.NotSent}, false, true},
		"stopped by ourselves": {context.Canceled, false, false},
		"not JazzHR's":         {errors.New("database"), false, false},
	}
	for name, test := range tests {
		if takes, tells := takesWrites(test.err); takes != test.takes || tells != test.tells {
			t.Errorf("%s: takes writes %t, tells %t", name, takes, tells)
		}
	}
}
