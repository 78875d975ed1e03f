package assemble

import (
	"time"

	"parry/internal/awsapi"
	"parry/internal/hub"
)

// Publisher writes findings into Security Hub with the cloud's credentials: where a role is set, with the one named "publish"
// (parry-publish), in a session that can do nothing else. A session is kept for its account and Region and taken again when it ends.
func Publisher(cloud *awsapi.Cloud, now func() time.Time) *hub.Publisher {
	return &hub.Publisher{Now: now, Config: narrowed(cloud, "publish", hub.Place.Permissions)}
}
