package twin

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/macie2"
	mctypes "github.com/aws/aws-sdk-go-v2/service/macie2/types"
)

func TestMacie(t *testing.T) {
	ctx, c := t.Context(), macie2.NewFromConfig(newOrg().Config(testAccount, testRegion))
	refused(c.GetMacieSession(ctx, &macie2.GetMacieSessionInput{}))(t, "AccessDeniedException")
	refused(c.UpdateMacieSession(ctx, &macie2.UpdateMacieSessionInput{}))(t, "AccessDeniedException")
	refused(c.DisableMacie(ctx, &macie2.DisableMacieInput{}))(t, "AccessDeniedException")
	got(c.EnableMacie(ctx, &macie2.EnableMacieInput{}))(t)
	refused(c.EnableMacie(ctx, &macie2.EnableMacieInput{}))(t, "ConflictException")
	got(c.UpdateMacieSession(ctx, &macie2.UpdateMacieSessionInput{Status: mctypes.MacieStatusPaused}))(t)
	s := got(c.GetMacieSession(ctx, &macie2.GetMacieSessionInput{}))(t)
	if s.Status != mctypes.MacieStatusPaused || s.FindingPublishingFrequency != mctypes.FindingPublishingFrequencyFifteenMinutes {
		t.Errorf("the session is %s, %s", s.Status, s.FindingPublishingFrequency)
	}
	got(c.DisableMacie(ctx, &macie2.DisableMacieInput{}))(t)
	refused(c.GetMacieSession(ctx, &macie2.GetMacieSessionInput{}))(t, "AccessDeniedException")
}
