package parry

import (
	"fmt"
	"time"
)

// ahead is how far a source's clock may be before ours.
const ahead = time.Hour

// IsCall tells whether the finding is a call or a sign-in that CloudTrail tells, and not something that is wrong by itself.
func (f Finding) IsCall() bool {
	return f.ClassUID == ClassAPIActivity || f.ClassUID == ClassAuthentication
}

// LastWord is the newest time that the finding gives, in epoch milliseconds; 0 where it gives none.
func (f Finding) LastWord() int64 {
	return max(f.Info.ModifiedTime, f.Info.LastSeenTime, f.Info.CreatedTime, f.Time, 0)
}

// age is how old a finding's last word is when it comes, or why that is not known. A finding without times has its event's.
func (f Finding) age(e Event, now time.Time) (age time.Duration, undated string) {
	last := msec(f.LastWord())
	if last.IsZero() {
		last = e.Time
	}
	switch age = now.Sub(last); {
	case last.IsZero():
		return 0, "the finding does not say how old it is"
	case age < -ahead:
		return 0, fmt.Sprintf("the finding's last word is dated %s, which is to come", last.UTC().Format(time.RFC3339))
	}
	return max(age, 0), ""
}

// lastWord is the time of the newest update of the finding that the response has seen.
func (r Response) lastWord() int64 { return max(r.Finding.Info.ModifiedTime, r.SeenTime) }

// overtakes says why an update that comes now is older than what the response has seen; empty where it is not, or where a time is missing.
func (r Response) overtakes(f Finding) string {
	was, is := r.lastWord(), f.Info.ModifiedTime
	if was == 0 || is == 0 || is >= was {
		return ""
	}
	stamp := func(ms int64) string { return msec(ms).Format(time.RFC3339) }
	return fmt.Sprintf("an update of %s came late: that of %s was answered already", stamp(is), stamp(was))
}
