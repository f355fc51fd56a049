//! The vendors' own examples, as their pages print them.

/// https://docs.userjourneys.ai/api/studies
pub(super) const STUDIES: &str = r#"{
  "object": "list",
  "data": [
    {
      "id": "e5f6a7b8-1234-56cd-ef78-222222222222",
      "object": "study",
      "name": "Onboarding Feedback",
      "status": "active",
      "interview_link": "https://app.userjourneys.ai/i/xK9mR2pQ",
      "accepting_responses": true,
      "supported_languages": ["en", "es"],
      "limits": {
        "monthly": { "limit": 200, "used": 45 },
        "weekly": { "limit": 50, "used": 12 }
      },
      "created_at": "2026-03-01T00:00:00.000Z"
    }
  ],
  "has_more": false
}"#;

/// The same page; its end is not readable, and the name of the count is inferred.
pub(super) const STUDY: &str = r#"{
  "id": "e5f6a7b8-1234-56cd-ef78-222222222222",
  "object": "study",
  "name": "Onboarding Feedback",
  "status": "active",
  "interview_link": "https://app.userjourneys.ai/i/xK9mR2pQ",
  "accepting_responses": true,
  "supported_languages": ["en", "es"],
  "limits": {
    "monthly": { "limit": 200, "used": 45 },
    "weekly": { "limit": 50, "used": 12 }
  },
  "research_goal": "Understand user onboarding experience",
  "product_name": "Acme App",
  "questions": [
    { "text": "What was your first impression of the product?" },
    { "text": "What almost stopped you from signing up?" }
  ],
  "interview_count": 45
}"#;

/// https://docs.userjourneys.ai/api/interviews
pub(super) const INTERVIEW: &str = r#"{
  "id": "a1b2c3d4-5678-90ab-cdef-111111111111",
  "object": "interview",
  "study_id": "e5f6a7b8-1234-56cd-ef78-222222222222",
  "status": "completed",
  "reference_id": "user_12345",
  "respondent_email": null,
  "language": "en",
  "quality_score": "insightful",
  "duration_secs": 580,
  "headline": "User loves the onboarding but struggles with payment",
  "summary": "The respondent had a positive first impression of the product...",
  "started_at": "2026-03-11T14:20:00.000Z",
  "completed_at": "2026-03-11T14:30:00.456Z",
  "created_at": "2026-03-11T14:20:00.000Z"
}"#;

/// https://docs.userjourneys.ai/api/releases
pub(super) const RELEASES: &str = r#"{ "object": "list", "data": [ {
  "id": "6a9f3b0d-6a8c-4cde-9e47-9d53f78a3d56", "object": "release", "status": "active",
  "chat_id": "7af6cf75-20ec-49f4-b113-929c01dfbe45",
  "github_pr_number": 482, "github_pr_title": "Ship release summary emails",
  "github_pr_url": "https://github.com/acme/product/pull/482", "github_pr_author": "alex",
  "merged_at": "2026-04-10T15:22:13.000Z", "last_analysis_at": "2026-04-10T15:25:44.000Z",
  "created_at": "2026-04-10T15:22:20.000Z" } ], "has_more": false }"#;

/// The same page; the description's text is ours.
pub(super) const RELEASE: &str = r#"{
  "id": "6a9f3b0d-6a8c-4cde-9e47-9d53f78a3d56", "object": "release", "status": "active",
  "github_pr_title": "Ship release summary emails", "github_pr_description": "Adds them." }"#;

/// https://docs.userjourneys.ai/api/chats
pub(super) const CHATS: &str = r#"{ "object": "list", "data": [ {
  "id": "7af6cf75-20ec-49f4-b113-929c01dfbe45", "object": "chat",
  "title": "Investigate the spike in onboarding drop-off", "source": "web", "is_streaming": false,
  "created_at": "2026-04-10T15:18:03.000Z", "updated_at": "2026-04-10T15:24:18.000Z" } ], "has_more": false }"#;

/// The same page.
pub(super) const CHAT: &str = r#"{
  "id": "7af6cf75-20ec-49f4-b113-929c01dfbe45", "object": "chat",
  "title": "Investigate the spike in onboarding drop-off", "source": "web", "is_streaming": false,
  "message_count": 12,
  "created_at": "2026-04-10T15:18:03.000Z", "updated_at": "2026-04-10T15:24:18.000Z" }"#;

/// https://www.koji.so/docs/sending-messages-via-api, before it streamed.
pub(super) const OLD_REPLY: &str = r#"{
  "message_id": "msg_abc123",
  "interviewer_response": {
    "content": "That's really interesting! Can you tell me more about why you felt that way?",
    "message_id": "msg_def456"
  },
  "interview_status": "active",
  "messages_count": 4
}"#;

/// https://www.koji.so/docs/rate-limits-and-cors
pub(super) const RATE_LIMITED: &str =
    r#"{ "error": "rate_limited", "message": "Rate limit exceeded. Please retry after the window resets." }"#;
