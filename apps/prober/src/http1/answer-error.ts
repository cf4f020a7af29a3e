/** An answer that is refused. The message is for the team: what was wrong, and at which byte of the answer. */
export class AnswerError extends Error {
  constructor(
    readonly outcome: 'connect_error' | 'too_large' | 'wrong_body',
    message: string,
  ) {
    super(message);
    this.name = 'AnswerError';
  }
}
