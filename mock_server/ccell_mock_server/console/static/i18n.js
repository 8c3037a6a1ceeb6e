/** Every text of the console, in English and Chinese. */

/** @typedef {"en" | "zh"} Language */

/** @type {Record<string, [string, string]>} */
const TEXTS = {
  // The frame
  messages: ["Messages", "短信"],
  phone: ["Phone", "手机"],
  requests: ["Requests", "请求"],
  account: ["Account", "账号"],
  send: ["Send", "发送"],
  all_accounts: ["All accounts", "所有账号"],
  navigation: ["Pages", "页面"],
  skip: ["Skip to the content", "跳到正文"],
  live: ["live", "实时"],
  connecting: ["connecting", "连接中"],
  lost: ["connection lost, trying again", "连接已断开，正在重试"],
  paused: ["paused", "已暂停"],
  pause: ["Pause", "暂停"],
  resume: ["Go on", "继续"],
  language: ["中文", "English"],
  theme: ["Light or dark", "浅色或深色"],
  help: ["Keys", "快捷键"],
  close: ["Close", "关闭"],
  copy: ["Copy", "复制"],
  copied: ["Copied", "已复制"],
  no_answer: ["The emulator does not answer.", "模拟器没有响应。"],
  loading: ["Loading …", "加载中……"],
  more: ["Loading more …", "正在加载更多……"],
  notify: ["Notify me of new messages", "有新短信时通知我"],
  new_messages: ["{0} new", "{0} 条新短信"],
  unknown_page: ["There is no page {0}.", "没有页面 {0}。"],
  // Login
  token_title: ["Control token", "控制令牌"],
  token_about: [
    "This emulator has a control token. It is kept until this tab is closed.",
    "此模拟器设有控制令牌。令牌只保留到关闭此标签页为止。",
  ],
  token_wrong: ["This is not the token of this emulator.", "这不是此模拟器的令牌。"],
  log_in: ["Log in", "登录"],
  // Messages
  search: ["Search: phone:138* state:refused after:10:30 验证码", "搜索：phone:138* state:refused after:10:30 验证码"],
  search_label: ["Search the messages", "搜索短信"],
  no_messages: ["No message yet. Send one to {0}", "还没有短信。请发送到 {0}"],
  none_found: ["No message matches the search.", "没有符合搜索条件的短信。"],
  fault_field: ["There is no field in “{0}”; fields: {1}", "“{0}” 不是可用的字段；可用字段：{1}"],
  fault_state: ["There is no state “{0}”; states: {1}", "没有状态 “{0}”；可用状态：{1}"],
  fault_time: ["“{0}” is no time; write 10:30 or 2026-01-31T10:30", "“{0}” 不是时间；请写 10:30 或 2026-01-31T10:30"],
  fault_twice: ["“{0}” occurs twice; once is allowed", "“{0}” 重复出现；只能写一次"],
  state: ["State", "状态"],
  code: ["Code", "状态码"],
  time: ["Time", "时间"],
  content: ["Content", "内容"],
  characters: ["Characters", "字数"],
  segments: ["Segments", "条数"],
  charge: ["Charge", "计费"],
  refused: ["refused", "被拒绝"],
  scheduled: ["scheduled", "定时"],
  sent: ["sent", "已发送"],
  delivered: ["delivered", "已送达"],
  failed: ["failed", "发送失败"],
  verification_code: ["Verification code", "验证码"],
  unseen: ["unread", "未读"],
  // One message
  why: ["Why", "原因"],
  rule: ["Rule", "规则"],
  basis: ["Basis", "依据"],
  life: ["Life", "经过"],
  submitted: ["Submitted", "提交"],
  due: ["To be sent", "定时发送"],
  was_sent: ["Sent", "已发送"],
  report_due: ["The report has not come in yet", "状态报告尚未到达"],
  came_in: ["The report came in: {0}", "状态报告到达：{0}"],
  fetched: ["The client fetched the report", "客户端已取走状态报告"],
  not_fetched: ["The client has not fetched the report yet", "客户端尚未取走状态报告"],
  was_refused: ["Refused with {0}: {1}", "被拒绝，{0}：{1}"],
  request: ["Request", "请求"],
  answer: ["Answer", "响应"],
  no_answer_sent: ["No answer was sent.", "没有发出响应。"],
  again_as: ["Again as", "再次发送的代码"],
  actions: ["Actions", "操作"],
  report_now: ["Report it now as delivered", "现在报告送达"],
  report_failed: ["Report it now as failed", "现在报告失败"],
  requeue: ["Hand it out again", "放回队列"],
  requeued: ["Done: the report waits in its queue again.", "完成：状态报告已重新排队。"],
  refuse_next: ["Refuse the next one to this number", "拒绝发给此号码的下一条"],
  answer_as_phone: ["Answer as this phone", "以此手机回复"],
  arranged: ["Done: the next message to {0} is refused with {1}.", "已安排：发给 {0} 的下一条短信将被拒绝（{1}）。"],
  entry_dropped: ["The journal no longer has this request.", "日志已不再保存此请求。"],
  // Requests
  no_requests: ["No request yet.", "还没有请求。"],
  no_account: ["of no account", "不属于任何账号"],
  operation: ["Endpoint", "接口"],
  all_operations: ["All endpoints", "所有接口"],
  all_codes: ["All codes", "所有状态码"],
  duration: ["Duration", "耗时"],
  bytes: ["{0} bytes", "{0} 字节"],
  delivery: ["Delivery", "发送方式"],
  peer: ["From", "来自"],
  dropped: ["Older requests were dropped from the journal.", "更早的请求已从日志中删除。"],
  // Phone
  phone_number: ["Number of the phone", "手机号码"],
  open_phone: ["Show", "显示"],
  no_conversation: ["This phone has neither received nor sent anything.", "此手机没有收到或发出任何短信。"],
  answer_text: ["Answer", "回复内容"],
  queued: ["waits for the client", "等待客户端取走"],
  taken: ["fetched by the client", "客户端已取走"],
  phones: ["Phones", "手机"],
  // Account
  choose_account: ["Choose an account.", "请选择账号。"],
  left: ["Messages left", "剩余条数"],
  reserved: ["of which reserved", "其中预留"],
  in_progress: ["Threads in use", "使用中的线程"],
  locked: ["locked", "已锁定"],
  unlock: ["Unlock", "解锁"],
  password: ["Password", "密码"],
  clock: ["Clock", "时钟"],
  real: ["real time", "真实时间"],
  offset: ["offset", "有偏移"],
  frozen: ["frozen", "已冻结"],
  freeze: ["Freeze", "冻结"],
  real_time: ["Real time again", "恢复真实时间"],
  advance: ["Advance", "前进"],
  minutes: ["minutes", "分钟"],
  happened: ["This happened meanwhile:", "其间发生了："],
  nothing_happened: ["Nothing happened meanwhile.", "其间没有发生任何事。"],
  faults: ["Faults", "故障"],
  no_faults: ["No fault is arranged.", "没有安排故障。"],
  left_of_fault: ["{0} left", "还剩 {0} 次"],
  always: ["always", "一直有效"],
  remove: ["Remove", "移除"],
  remove_all: ["Remove all", "全部移除"],
  settings: ["Settings", "设置"],
  save: ["Save", "保存"],
  saved: ["Saved.", "已保存。"],
  reset: ["Reset the account", "重置账号"],
  reset_sure: ["Delete all messages, reports, faults and requests of {0}?", "删除 {0} 的所有短信、报告、故障和请求？"],
  open_account: ["Open an account", "开设账号"],
  // Send
  send_about: ["Sends as a client does, over the gateway's own endpoint.", "像客户端一样通过网关的接口发送。"],
  linkid: ["Linkid (may be empty)", "linkid（可为空）"],
  sendtime: ["Sendtime (may be empty)", "sendtime（可为空）"],
  numbers: ["Numbers, with commas", "手机号，以逗号分隔"],
  password_needed: ["The password of the account", "账号的密码"],
  // Keys
  key_search: ["search", "搜索"],
  key_next: ["next and previous message", "下一条和上一条"],
  key_open: ["open the message", "打开短信"],
  key_close: ["close", "关闭"],
  key_help: ["this help", "显示此帮助"],
};

/** @returns {Language} the language of the browser */
export function browserLanguage() {
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}

/**
 * The function that translates.
 * @param {Language} language
 * @returns {(key: string, ...values: (string | number)[]) => string}
 */
export function translator(language) {
  const place = language === "zh" ? 1 : 0;
  return (key, ...values) => {
    const text = TEXTS[key]?.[place] ?? key;
    return text.replace(/\{(\d)\}/g, (_, number) => String(values[Number(number)] ?? ""));
  };
}
