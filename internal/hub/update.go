package hub

import (
	"crypto/sha256"
	"fmt"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"parry"
)

// ourMark is the name under which Parry writes to findings: Note.UpdatedBy, a key in UserDefinedFields, and how a comment begins. By
// it the event that Security Hub sends of our own update is known.
const ourMark = "parry"

// maxNote is how long a note and a comment may be. Source: NoteUpdate and BatchUpdateFindingsV2, Security Hub API Reference.
const maxNote = 512

// address is a finding as Security Hub knows it: in ASFF by its own id and its product's ARN, in OCSF (V2) by these and the account.
// V2 also takes metadata.uid instead, but not both; a finding that was read without one has its event's there, which is another.
// Sources: AwsSecurityFindingIdentifier and BatchUpdateFindingsV2, Security Hub API Reference.
type address struct {
	v2                   bool
	account, id, product string
	region               string // in which the finding was made
}

// addressOf is the finding's address; false for a finding that did not come from Security Hub. Source: "OCSF findings in Security
// Hub" and ProductArn in "Required top-level ASFF attributes": the two forms of a product's ARN.
func addressOf(f parry.Finding) (address, bool) {
	p := strings.SplitN(f.Metadata.Product.UID, ":", 6)
	if len(p) != 6 || p[0] != "arn" || p[2] != "securityhub" {
		return address{}, false
	}
	a := address{account: f.Cloud.Account.UID, id: f.Info.UID, product: f.Metadata.Product.UID, region: p[3]}
	switch {
	case strings.HasPrefix(p[5], "product/"):
		return a, true
	case strings.HasPrefix(p[5], "productv2/"):
		a.v2 = true
		return a, true
	}
	return a, false
}

// digest names the finding in the store.
func (a address) digest() string {
	return fmt.Sprintf("%x", sha256.Sum256(fmt.Appendf(nil, "%t\n%q\n%q\n%q", a.v2, a.account, a.id, a.product)))[:32]
}

// tells says whether a record is about something that Security Hub is to know: that a person is asked or told, and how it ended. A
// finding that no rule wants is none of Parry's business, a rule that observes changes nothing, and what was never begun because there
// was nothing to do, such as the answer to our own update, leaves no trace.
func tells(resp parry.Response, rec parry.Record) bool {
	if resp.Answer.Rule == "" {
		return false
	}
	switch rec.Kind {
	case parry.MoveTold:
		asked := rec.Seq > 1
		return asked || rec.State != parry.Nothing && !resp.Answer.Observe && !resp.Decided.Observe
	case parry.MoveAsked, parry.MoveReplanned, parry.MoveRejected, parry.MoveExpired, parry.MoveVerified, parry.MoveFailed, parry.MoveUndone:
		return true
	}
	return false
}

// isDone tells whether the response is done and verified, and nothing of it taken back.
func isDone(resp parry.Response) bool { return resp.State == parry.Done && len(resp.Undone) == 0 }

// update is what a finding, or several, are to say.
type update struct {
	workflow types.WorkflowStatus
	note     string
	response string // the id, or those of several
}

// OCSF status_id of a finding by the workflow. Source: ocsf-schema 1.8, finding.
func (u update) statusID() int32 {
	if u.workflow == types.WorkflowStatusResolved {
		return parry.StatusResolved
	}
	return parry.StatusInProgress
}

// newUpdate is what the finding says after the response. It is resolved where every response to it is done, else somebody was notified.
// It never becomes new again: that would ask for another response.
func newUpdate(resp parry.Response, all answers, link string) update {
	u := update{workflow: types.WorkflowStatusResolved, response: resp.ID}
	open := all.undone()
	if open != "" {
		u.workflow = types.WorkflowStatusNotified
	}
	parts := []string{fmt.Sprintf("%s: %s: %s", ourMark, resp.State, subject(resp)), "response " + resp.ID}
	if link != "" {
		if at, err := url.JoinPath(link, "responses", resp.ID); err == nil {
			parts = append(parts, at)
		}
	}
	if isDone(resp) && open != "" {
		parts = append(parts, "response "+open+" to the same finding is not done")
	}
	if len(resp.Undone) > 0 && resp.State == parry.Done {
		parts = append(parts, "a part was taken back")
	}
	if resp.Reason != "" {
		parts = append(parts, resp.Reason)
	}
	u.note = cut(strings.Join(parts, "; "), maxNote)
	return u
}

// subject is what the response is about. It leaves room in the note for the rest.
func subject(resp parry.Response) string {
	if resp.Answer.Playbook == "" || resp.Target.ID == "" {
		return what(resp)
	}
	return what(resp) + " on " + cut(resp.Target.String(), 140)
}

// what is the playbook, or the rule of a response without one.
func what(resp parry.Response) string {
	if resp.Answer.Playbook == "" || resp.Target.ID == "" {
		return "rule " + cut(resp.Answer.Rule, 100)
	}
	return cut(resp.Answer.Playbook, 80)
}
