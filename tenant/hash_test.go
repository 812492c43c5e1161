package tenant_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/intrvio/jazzhr-worker/tenant"
)

// TestHashes checks that each keyset finds the hash that the one before it made: they may run beside
// each other. It checks too that purposes and keysets are kept apart.
func TestHashes(t *testing.T) {
	t.Parallel()
	r := rotate(t)
	find := func(hash []byte, in *tenant.Sealer, purpose, secret string) int {
		return slices.IndexFunc(in.Hashes(purpose, secret), func(h []byte) bool { return bytes.Equal(h, hash) })
	}
	for name, sealers := range map[string][2]*tenant.Sealer{
		"the same":        {r.firstSealer, r.firstSealer},
		"older to newer":  {r.firstSealer, r.addedSealer},
		"newer to older":  {r.addedSealer, r.firstSealer},
		"after promoting": {r.firstSealer, r.promotedSealer},
		"from promoted":   {r.promotedSealer, r.addedSealer},
	} {
		hash := sealers[0].Hash("token", "secret")
		if len(hash) != tenant.HashSize || find(hash, sealers[1], "token", "secret") < 0 {
			t.Errorf("%s: a hash of %d bytes is not found again", name, len(hash))
		}
		for _, other := range [][2]string{{"token", "secret2"}, {"session", "secret"}, {"tokens", "ecret"}} {
			if find(hash, sealers[1], other[0], other[1]) >= 0 {
				t.Errorf("%s: the hash is that of %v too", name, other)
			}
		}
	}
	if id, ok := tenant.KeyIDOf(r.promotedSealer.Hash("token", "secret")); !ok || id != r.promotedSealer.PrimaryKeyID() {
		t.Errorf("the hash names key %d, %t", id, ok)
	}
	if find(rotate(t).firstSealer.Hash("token", "secret"), r.promotedSealer, "token", "secret") >= 0 {
		t.Error("another keyset makes the same hash")
	}
	for _, verb := range []string{"%v", "%+v", "%#v"} {
		if printed := fmt.Sprintf(verb, *r.firstSealer); len(printed) > 400 {
			t.Errorf("%s of a sealer is %d characters long: does it show keys?", verb, len(printed))
		}
	}
}
