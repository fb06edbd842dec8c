// Application Insights, and the rule that watches step 05. main.bicep makes the resource group for
// it; into a group that is there already, this file can be deployed by itself.

@description('Who gets a mail when the alert fires, and when it is resolved.')
@minLength(6)
@maxLength(254)
param email string

@description('The region that keeps the data.')
param location string = resourceGroup().location

@description('The name of the workspace, the component and the action group.')
@minLength(4)
@maxLength(63)
param name string = 'otel-workshop'

@description('Gigabytes a day after which the workspace takes no more until the next day.')
@minValue(1)
@maxValue(5)
param dailyCapGb int = 1

// The rule itself has no unit, so the name has it: that of the instrument.
var thresholdInMilliseconds = 1000

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: name
  location: location
  properties: {
    sku: {
      name: 'PerGB2018'
    }
    retentionInDays: 30
    // For the app that somebody forgot, not to save: above the cap one is blind.
    workspaceCapping: {
      dailyQuotaGb: dailyCapGb
    }
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: name
  location: location
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
  }
}

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: name
  location: 'global'
  properties: {
    // At most twelve characters: it is in the text message.
    groupShortName: 'otelworkshop'
    enabled: true
    emailReceivers: [
      {
        name: 'me'
        emailAddress: email
        useCommonAlertSchema: true
      }
    ]
  }
}

resource tooSlow 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'too-slow'
  location: 'global'
  properties: {
    description: 'On average, an answer took more than a second.'
    severity: 2
    enabled: true
    scopes: [
      insights.id
    ]
    evaluationFrequency: 'PT1M'
    windowSize: 'PT5M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'average latency'
          metricNamespace: 'azure.applicationinsights'
          metricName: 'request-latency'
          timeAggregation: 'Average'
          operator: 'GreaterThan'
          threshold: thresholdInMilliseconds
          // The metric need not have arrived yet. Without this the deployment fails.
          skipMetricValidation: true
        }
      ]
    }
    // Resolved by itself, after three evaluations in a row that do not meet the condition.
    autoMitigate: true
    actions: [
      {
        actionGroupId: people.id
      }
    ]
  }
}

@description('The Application Insights component, which knows its connection string.')
output component string = insights.name
