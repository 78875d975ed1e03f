package parquetcheck_test

import (
	"testing"

	"parry/internal/parquetcheck"
)

func TestWhatIsNoParquetIsRefused(t *testing.T) {
	r := parquetcheck.Need(t)
	for _, text := range []string{"", "PAR1", "PAR1 and no more PAR1"} {
		if f, err := r.Read(t.Context(), []byte(text)); err == nil {
			t.Errorf("%q: %+v", text, f)
		}
	}
}
