import { inBrackets, type Messages } from './messages.ts'

export const ja = {
  invalid_request: ({ field, problem }) =>
    field === '' ? `リクエストが正しくありません：${problem}` : `「${field}」の値が正しくありません：${problem}`,
  invalid_json: ({ detail }) => `リクエスト本文が正しい JSON ではありません${inBrackets(detail)}。`,
  content_policy_violation: () => '本サービスのコンテンツポリシーにより、内容がブロックされました。',
  model_not_found: ({ model }) => `モデル「${model}」が見つかりません。`,
  host_not_found: ({ host, detail }) => `ホスト「${host}」は存在しません${inBrackets(detail)}。`,
  model_unsupported: ({ model, detail }) =>
    `モデル「${model}」はこのリクエストに対応していません${inBrackets(detail)}。`,
  cloud_model_refused: ({ model }) => `モデル「${model}」はクラウドで動作するため、ここでは利用できません。`,
  models_are_managed: ({ path }) => `「${path}」は利用できません。モデルはこのサービスの運営者が管理しています。`,
  response_not_found: ({ response }) => `レスポンス「${response}」は見つかりません。`,
  context_length_exceeded: ({ model }) =>
    `入力がモデル「${model}」の最大コンテキスト長（maximum context length）を超えています。短くしてください。`,
  route_not_found: ({ path }) => `パス「${path}」は存在しません。`,
  method_not_allowed: ({ method, allow }) =>
    `ここでは ${method} メソッドを使用できません。使用できるメソッド：${allow}`,
  unsupported_media_type: () => 'リクエスト本文は application/json 形式で送信してください。',
  body_too_large: ({ maxBytes }) => `リクエスト本文が大きすぎます。上限は ${maxBytes} バイトです。`,
  invalid_api_key: () => 'API キーが指定されていないか、無効です。',
  queue_full: ({ model, waiting }) =>
    `モデル「${model}」の順番待ちが多すぎます（${waiting} 件）。しばらくしてからもう一度お試しください。`,
  deadline_unreachable: ({ waitS }) =>
    `リクエストの期限までに回答できない見込みです（予想待ち時間：${waitS} 秒）。しばらくしてからもう一度お試しください。`,
  no_healthy_backends: ({ model }) =>
    `モデル「${model}」を利用できるサーバーが現在ありません。しばらくしてからもう一度お試しください。`,
  queue_unavailable: () => 'サービスは一時的に利用できません。しばらくしてからもう一度お試しください。',
  guard_unavailable: () => '内容の確認が時間内に完了しませんでした。しばらくしてからもう一度お試しください。',
  deadline_exceeded: ({ waitedS }) =>
    `リクエストを時間内に完了できませんでした（${waitedS} 秒）。しばらくしてからもう一度お試しください。`,
  upstream_failed: ({ model, attempts }) =>
    `モデル「${model}」から応答がありませんでした（試行回数：${attempts}）。しばらくしてからもう一度お試しください。`,
  upstream_lost: () => '回答の途中でモデルとの接続が切れました。もう一度お試しください。',
  upstream_error: ({ detail }) =>
    `回答の途中でモデルにエラーが発生しました${inBrackets(detail)}。もう一度お試しください。`,
  stream_lost: () => '回答の一部が失われました。もう一度お試しください。',
  shutting_down: () => 'サービスを再起動しています。しばらくしてからもう一度お試しください。',
  internal_error: () => 'サービス側でエラーが発生しました。もう一度お試しください。',
} satisfies Messages
