package twin

import "github.com/aws/smithy-go"

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
func (o *Org) Inject(f Fault) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.faults = append(o.faults, &f)
}

// fault says with what a call fails: before it takes effect, or after.
func (o *Org) fault(service, operation, account string) (before, after error) {
	for _, f := range o.faults {
		if f.Service != "" && f.Service != service || f.Operation != "" && f.Operation != operation || f.Account != "" && f.Account != account {
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
		if f.After {
			return nil, f.Err
		}
		return f.Err, nil
	}
	return nil, nil
}
