import { isDeepStrictEqual } from 'node:util';
import {
  StreamableFile,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { map, type Observable } from 'rxjs';
import { PaydayError } from '#kernel';
import { answerSchemaOf } from '#runtime';

/** Fails a request whose answer is not exactly what its published schema says: no field wrong, missing or undocumented. */
export class AnswerCheck implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const schema = answerSchemaOf(context.getHandler());
    if (schema === undefined) return next.handle();
    return next.handle().pipe(
      map((answer: unknown) => {
        if (answer instanceof StreamableFile || answer === undefined) return answer;
        const sent = JSON.parse(JSON.stringify(answer)) as unknown;
        const read = schema.safeParse(sent);
        if (!read.success) throw mismatch(read.error.message);
        if (!isDeepStrictEqual(read.data, sent))
          throw mismatch(`undocumented fields in ${JSON.stringify(sent)}`);
        return answer;
      }),
    );
  }
}

function mismatch(why: string): PaydayError {
  return new PaydayError('internal_error', `The answer does not fit its published schema: ${why}`);
}
