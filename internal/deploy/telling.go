package deploy

// clock is how often what is due without an event is looked for. Who waits to be told does not wait five minutes.
func (o *Org) clock() string {
	if o.Notify != "" {
		return "rate(1 minute)"
	}
	return "rate(5 minutes)"
}

// telling is what the clock needs to tell people: the secrets of their channels, by name, and their topics. A parameter that is encrypted with AWS's own
// key, and a secret that is, need no more. Source: "Restricting access to Parameter Store parameters using IAM policies", Systems Manager User
// Guide, and "Permissions for the KMS key", Secrets Manager User Guide.
func (o *Org) telling() (all []m) {
	add := func(sid, action string, resources []string) {
		if len(resources) > 0 {
			all = append(all, allow(m{"Sid": sid, "Action": action, "Resource": resources}))
		}
	}
	var parameters []string
	for _, name := range o.Tells.Parameters {
		if name[0] != '/' {
			name = "/" + name
		}
		parameters = append(parameters, o.arn("ssm", "parameter"+name))
	}
	add("Secrets", "secretsmanager:GetSecretValue", o.Tells.Secrets)
	add("Parameters", "ssm:GetParameter", parameters)
	add("Topics", "sns:Publish", o.Tells.Topics)
	return all
}
