package outbox_test

import (
	"testing"

	"github.com/intrvio/jazzhr-worker/db/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }
