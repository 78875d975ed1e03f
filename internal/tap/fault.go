package tap

import (
	"fmt"

	"github.com/aws/smithy-go"
)

// Fault makes matching calls fail.
type Fault struct {
	Service   string // the SDK's service id; empty matches all
	Operation string // empty matches all
	Account   string // empty matches all
	Err       error  // what the caller gets; a smithy.APIError for an error of AWS
	Skip      int    // matching calls that pass first
	Times     int    // how often it strikes; 0 is always
	After     bool   // the call takes effect before its answer is lost, like a timeout after success

	struck int
}

// Throttle is the error of a call that AWS refuses for its rate; the SDK retries it.
func Throttle() error {
	return &smithy.GenericAPIError{Code: "ThrottlingException", Message: "Rate exceeded"}
}

// Denied is the error of a call that IAM refuses.
func Denied() error {
	return &smithy.GenericAPIError{Code: "AccessDenied", Message: "User is not authorized to perform this operation"}
}

// Inject adds a fault. Faults are tried in the order in which they came.
func (t *Tap) Inject(f Fault) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.faults = append(t.faults, &f)
}

// fault says what a call is to meet, nil for nothing, and the request id that the refusal has.
func (t *Tap) fault(e Entry) (*Fault, string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, f := range t.faults {
		if f.Service != "" && f.Service != e.Service || f.Operation != "" && f.Operation != e.Operation || f.Account != "" && f.Account != e.Account {
			continue
		}
		if f.Skip > 0 {
			f.Skip--
			continue
		}
		if f.Times > 0 && f.struck >= f.Times {
			continue
		}
		f.struck++
		t.struck++
		return f, fmt.Sprintf("fault-%d", t.struck)
	}
	return nil, ""
}
